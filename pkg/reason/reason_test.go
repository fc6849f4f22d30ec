package reason_test

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// event is a warning about an object that was last seen that long ago.
func event(kind, name, cause, message string, ago time.Duration) *corev1.Event {
	return &corev1.Event{
		InvolvedObject: corev1.ObjectReference{Kind: kind, Name: name, UID: faketest.UID(name)},
		Type:           corev1.EventTypeWarning, Reason: cause, Message: message, LastTimestamp: metav1.NewTime(faketest.Now().Add(-ago)),
	}
}

func unschedulable(pod *corev1.Pod) {
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/2 nodes are available:\n  2 Insufficient cpu.",
	}}
}

func onNode(pod *corev1.Pod) {
	pod.Spec.NodeName = "n1"
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}
}

func mounts(claim string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
		}}}
	}
}

func TestOfJob(t *testing.T) {
	job := faketest.Job("train")
	yes := true
	suspended := faketest.Job("train", func(j *batchv1.Job) { j.Spec.Suspend = &yes })
	queued := faketest.Job("train", func(j *batchv1.Job) { j.Spec.Suspend = &yes }, faketest.Labelled("kueue.x-k8s.io/queue-name", "gpus"))
	pod := func(phase corev1.PodPhase, changes ...func(*corev1.Pod)) *corev1.Pod {
		return faketest.PodOf(job, "train-x", phase, changes...)
	}
	refused := event("Job", "train", "FailedCreate", "exceeded quota", time.Minute)
	for name, test := range map[string]struct {
		job    *batchv1.Job
		pods   []*corev1.Pod
		events []*corev1.Event
		want   string
	}{
		"nothing is known":      {job, nil, nil, ""},
		"suspended":             {suspended, nil, nil, "Suspended: spec.suspend is true"},
		"queued":                {queued, nil, nil, "Queued: waiting for admission by queue gpus"},
		"no pod may be made":    {job, nil, []*corev1.Event{refused}, "FailedCreate: exceeded quota"},
		"of another job":        {job, nil, []*corev1.Event{event("Job", "other", "FailedCreate", "exceeded quota", 0)}, ""},
		"the newest refusal":    {job, nil, []*corev1.Event{refused, event("Job", "train", "FailedCreate", "violates PodSecurity", 0)}, "FailedCreate: violates PodSecurity"},
		"a later pod was made":  {job, []*corev1.Pod{pod(corev1.PodPending, onNode)}, []*corev1.Event{refused}, ""},
		"the last pod has died": {job, []*corev1.Pod{pod(corev1.PodFailed)}, []*corev1.Event{refused}, "FailedCreate: exceeded quota"},
		"unschedulable":         {job, []*corev1.Pod{pod(corev1.PodPending, unschedulable)}, nil, "Unschedulable: 0/2 nodes are available: 2 Insufficient cpu."},
		"one of several runs":   {job, []*corev1.Pod{pod(corev1.PodPending, unschedulable), pod(corev1.PodRunning)}, nil, ""},
		"one crashes again and again": {
			job, []*corev1.Pod{pod(corev1.PodRunning, faketest.Waiting("CrashLoopBackOff", "back-off 5m0s"))}, nil, "CrashLoopBackOff: back-off 5m0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := reason.OfJob(test.job, test.pods, test.events, faketest.Now())
			if got.String() != test.want || got.Known() != (test.want != "") {
				t.Errorf("%q; want %q", got, test.want)
			}
		})
	}
}

func TestOfPod(t *testing.T) {
	pod := func(phase corev1.PodPhase, changes ...func(*corev1.Pod)) *corev1.Pod {
		return faketest.PodOf(faketest.Job("train"), "p", phase, changes...)
	}
	mount := event("Pod", "p", "FailedMount", "MountVolume.SetUp failed", time.Minute)
	stale := event("Pod", "p", "FailedScheduling", "0/2 nodes", 0)
	claim := event("PersistentVolumeClaim", "data", "ProvisioningFailed", "storageclass \"fast\" not found", 0)
	series := event("Pod", "p", "FailedAttachVolume", "attached elsewhere", time.Hour)
	series.Series = &corev1.EventSeries{LastObservedTime: metav1.NewMicroTime(faketest.Now())}
	newer := event("Pod", "p", "FailedCreatePodSandBox", "no IP", 0)
	newer.LastTimestamp, newer.EventTime = metav1.Time{}, metav1.NewMicroTime(faketest.Now())
	for name, test := range map[string]struct {
		pod    *corev1.Pod
		events []*corev1.Event
		want   reason.Reason
	}{
		"no reason":                    {pod(corev1.PodPending), nil, reason.Reason{}},
		"runs":                         {pod(corev1.PodRunning), []*corev1.Event{mount}, reason.Reason{}},
		"ended":                        {pod(corev1.PodFailed, unschedulable), []*corev1.Event{mount}, reason.Reason{}},
		"a volume that does not mount": {pod(corev1.PodPending, onNode), []*corev1.Event{mount, stale}, reason.Reason{Code: "FailedMount", Message: "MountVolume.SetUp failed"}},
		"scheduled since":              {pod(corev1.PodPending, onNode), []*corev1.Event{stale}, reason.Reason{}},
		"not scheduled yet":            {pod(corev1.PodPending), []*corev1.Event{stale, mount}, reason.Reason{Code: "FailedScheduling", Message: "0/2 nodes"}},
		"its claim":                    {pod(corev1.PodPending, mounts("data")), []*corev1.Event{claim}, reason.Reason{Code: "ProvisioningFailed", Message: "storageclass \"fast\" not found"}},
		"another's claim":              {pod(corev1.PodPending, mounts("other")), []*corev1.Event{claim}, reason.Reason{}},
		"its claim, bound since":       {pod(corev1.PodPending, mounts("data"), onNode), []*corev1.Event{claim}, reason.Reason{}},
		"seen again in a series":       {pod(corev1.PodPending, onNode), []*corev1.Event{mount, series}, reason.Reason{Code: "FailedAttachVolume", Message: "attached elsewhere"}},
		"by the newer events API":      {pod(corev1.PodPending, onNode), []*corev1.Event{newer, mount}, reason.Reason{Code: "FailedCreatePodSandBox", Message: "no IP"}},
		"starts":                       {pod(corev1.PodPending, onNode, faketest.Waiting("ContainerCreating", "")), nil, reason.Reason{}},
		"initializes":                  {pod(corev1.PodPending, onNode, faketest.Waiting("PodInitializing", "")), nil, reason.Reason{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := reason.OfPod(test.pod, test.events); got != test.want {
				t.Errorf("%+v; want %+v", got, test.want)
			}
		})
	}
}

// Only what no later try can mend is hopeless.
func TestHopeless(t *testing.T) {
	for name, test := range map[string]struct {
		code, message string
		want          bool
	}{
		"no such tag":        {"ErrImagePull", "failed to resolve reference: docker.io/library/x:9: not found", true},
		"backing off":        {"ImagePullBackOff", `Back-off pulling image "x:9": ErrImagePull: manifest unknown`, true},
		"backing off, mute":  {"ImagePullBackOff", `Back-off pulling image "x:9"`, false},
		"no such tag, again": {"ImagePullBackOff", `Back-off pulling image "r/x:9": ErrImagePull: failed to pull and unpack image "r/x:9": failed to resolve reference "r/x:9": r/x:9: not found`, true},
		"a part is missing":  {"ErrImagePull", `failed to pull and unpack image "r/x:9": failed to copy: httpReadSeeker: failed open: content at https://r/v2/x/blobs/sha256:00 not found: not found`, false},
		"a lost secret":      {"ErrImagePull", `failed to get token: secret "x" not found in cache, retrying`, false},
		"a token server":     {"ErrImagePull", `failed to fetch oauth token: Post "https://r/token": dial tcp: lookup auth-not found-yet: i/o timeout`, false},
		"no rights":          {"ErrImagePull", `failed to pull and unpack image "r/x": failed to resolve reference "r/x": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r/token: 403 Forbidden`, true},
		"CRI-O":              {"ErrImagePull", `initializing source docker://r/x:9: reading manifest 9 in r/x: manifest unknown`, true},
		"CRI-O, private":     {"ErrImagePull", `initializing source docker://r/x:9: reading manifest 9 in r/x: unauthorized: authentication required`, true},
		"Docker":             {"ErrImagePull", `Error response from daemon: manifest for x:9 not found: manifest unknown: manifest unknown`, true},
		"private":            {"ErrImagePull", "pull access denied, repository does not exist or may require authorization", true},
		"forbidden":          {"ErrImagePull", "unexpected status from HEAD request: 403 Forbidden", true},
		"no such registry":   {"ErrImagePull", "dial tcp: lookup registry.example on 10.0.0.10:53: no such host", false},
		"pull limit":         {"ErrImagePull", "429 Too Many Requests - toomanyrequests", false},
		"not a name":         {"InvalidImageName", "couldn't parse image name", true},
		"never pulled":       {"ErrImageNeverPull", "is not present with pull policy of Never", true},
		"a config error":     {"CreateContainerConfigError", `configmap "x" not found`, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := reason.OfPod(faketest.PodOf(faketest.Job("j"), "p", corev1.PodPending, onNode, faketest.Waiting(test.code, test.message)), nil)
			if want := (reason.Reason{Code: test.code, Message: test.message, Hopeless: test.want}); got != want {
				t.Errorf("%+v; want %+v", got, want)
			}
		})
	}
}

func TestOfEnd(t *testing.T) {
	evicted := faketest.PodOf(faketest.Job("j"), "p", corev1.PodFailed, faketest.Exited(137))
	evicted.Status.Reason, evicted.Status.Message = "Evicted", "The node was low on resource: memory."
	for want, pod := range map[string]*corev1.Pod{
		"": faketest.PodOf(faketest.Job("j"), "p", corev1.PodRunning),
		"container main ended with status 3 (Error)":                                                   faketest.PodOf(faketest.Job("j"), "p", corev1.PodFailed, faketest.Exited(3)),
		"Evicted: The node was low on resource: memory.; container main ended with status 137 (Error)": evicted,
	} {
		if got := reason.OfEnd(pod); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}
