package job

import (
	"fmt"
	"regexp"
)

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

func (t *teller) tell(v View) {
	switch {
	case v.Gone || End(v.Job) != nil:
	case v.Reason.Known():
		t.once(fmt.Sprintf("job %s does not run yet: %s", t.name, v.Reason))
	case StateOf(v.Job) == Running && !t.running:
		t.said, t.running = nil, true // what keeps it from running after this is news
		t.say(fmt.Sprintf("job %s is running", t.name))
	}
}

func (t *teller) once(text string) {
	key := podName.ReplaceAllString(text, "")
	if t.said[key] {
		return
	}
	if t.said == nil {
		t.said = map[string]bool{}
	}
	t.said[key], t.running = true, false
	t.say(text)
}

func (t *teller) lost(err error) {
	t.say(fmt.Sprintf("lost the connection to the cluster (%v); trying again", err))
}
