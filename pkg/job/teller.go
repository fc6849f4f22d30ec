package job

import (
	"fmt"
	"regexp"
)

// mostSaid is how many sentences a teller remembers: a job may be watched for days.
const mostSaid = 500

// teller says what changed about a job, each thing once: reasons alternate for as long
// as they last, such as ErrImagePull and ImagePullBackOff.
type teller struct {
	name string
	say  func(string)
	said map[string]bool
	// running is what was told last.
	running bool
}

// podName matches the end that the Job controller gives the names of pods: a
// refusal that names the next pod is the same refusal.
var podName = regexp.MustCompile(`-[a-z0-9]{5}\b`)

// nextAttempt matches how long the next attempt is away: it is another text each time.
var nextAttempt = regexp.MustCompile(`next attempt in about \S+`)

func (t *teller) tell(v View) {
	switch {
	case v.Gone || End(v.Job) != nil:
	case v.Reason.Known():
		t.once(v.Reason.Sentence(t.name))
	case StateOf(v.Job) == Running && !t.running:
		t.said, t.running = nil, true // what keeps it from running after this is news
		t.say(fmt.Sprintf("job %s is running", t.name))
	}
}

func (t *teller) once(text string) {
	key := nextAttempt.ReplaceAllString(podName.ReplaceAllString(text, ""), "")
	if t.said[key] {
		return
	}
	if t.said == nil || len(t.said) >= mostSaid {
		t.said = map[string]bool{}
	}
	t.said[key], t.running = true, false
	t.say(text)
}
