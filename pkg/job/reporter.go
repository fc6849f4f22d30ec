package job

import (
	"fmt"
	"regexp"
)

// maxReported is how many sentences a reporter remembers: a job may be watched for days.
const maxReported = 500

// reporter reports changes of a job, each once: reasons alternate for as long
// as they last, such as ErrImagePull and ImagePullBackOff.
type reporter struct {
	name     string
	report   func(string)
	reported map[string]bool
	// running means that the last report was that the job runs.
	running bool
}

// podName matches the suffix that the Job controller gives the names of pods: a
// refusal of the next pod is the same refusal.
var podName = regexp.MustCompile(`-[a-z0-9]{5}\b`)

// nextAttempt matches the time until the next attempt, which differs each time.
var nextAttempt = regexp.MustCompile(`next attempt in about \S+`)

func (r *reporter) reportChange(v View) {
	switch {
	case v.Gone || End(v.Job) != nil:
	case v.Reason.Known():
		r.reportOnce(v.Reason.Sentence(r.name))
	case StateOf(v.Job) == Running && !r.running:
		r.reported, r.running = nil, true // a reason after this is new
		r.report(fmt.Sprintf("job %s is running", r.name))
	}
}

func (r *reporter) reportOnce(text string) {
	key := nextAttempt.ReplaceAllString(podName.ReplaceAllString(text, ""), "")
	if r.reported[key] {
		return
	}
	if r.reported == nil || len(r.reported) >= maxReported {
		r.reported = map[string]bool{}
	}
	r.reported[key], r.running = true, false
	r.report(text)
}
