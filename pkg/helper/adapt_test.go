package helper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

func limit(pod *corev1.Pod, name corev1.ResourceName) int64 {
	quantity := pod.Spec.Containers[0].Resources.Limits[name]
	return quantity.Value()
}

// judge refuses such pods with err.
func judge(err error, when func(*corev1.Pod) bool) func(runtime.Object) error {
	return func(object runtime.Object) error {
		if pod, ok := object.(*corev1.Pod); ok && when(pod) {
			return err
		}
		return nil
	}
}

// space refuses like a quota of 300Mi of ephemeral storage.
func space() *faketest.Cluster {
	refusal := forbidden("failed quota: all: must specify limits.ephemeral-storage for: helper; requests.ephemeral-storage for: helper")
	return refuse(refusal, func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceEphemeralStorage) == 0 }).
		Admit("pods", judge(forbidden("exceeded quota: all, requested: limits.ephemeral-storage=1Gi, used: limits.ephemeral-storage=0, limited: limits.ephemeral-storage=300Mi"), func(pod *corev1.Pod) bool {
			return limit(pod, corev1.ResourceEphemeralStorage) > 300<<20
		}))
}

// rangeOfUsers refuses like a SecurityContextConstraints of OpenShift, which sets the user itself.
func rangeOfUsers() *faketest.Cluster {
	return refuse(forbidden(`unable to validate against any security context constraint: spec.containers[0].securityContext.runAsUser: Invalid value: must be in the ranges: [1000650000, 1000659999]`), func(pod *corev1.Pod) bool {
		return pod.Spec.SecurityContext.RunAsUser != nil
	})
}

func lacksLabel(key string) *faketest.Cluster {
	return refuse(fmt.Errorf("admission webhook \"labels\" denied the request: you must provide labels: %s.", key), func(pod *corev1.Pod) bool { //nolint:revive // the text of a webhook
		return pod.Labels[key] == ""
	})
}

// The helper pod is changed as far as a site demands, and no further.
func TestAdaptsToSite(t *testing.T) {
	labels := func(s *helper.Spec) {
		s.JobLabels = map[string]string{"team": "ml", "app": "train", "app.example.org/team": "x", "job-name": "train", "batch.kubernetes.io/job-name": "train"}
	}
	gi := func(n int64) int64 { return n << 30 }
	for name, test := range map[string]struct {
		cluster *faketest.Cluster
		change  func(*helper.Spec)
		pod     func(*corev1.Pod) bool
		said    string
		err     string
	}{
		"a label of the job": {lacksLabel("team"), labels, func(pod *corev1.Pod) bool {
			return pod.Labels["team"] == "ml" && pod.Labels["app"] == "" && pod.Labels["app.example.org/team"] == "" && pod.Labels["job-name"] == ""
		}, "retrying with the labels of the job: team=ml", ""},
		"a label of a controller":    {lacksLabel("job-name"), labels, nil, "", "set it with --helper-label=KEY=VALUE"},
		"a label that the job lacks": {lacksLabel("cost-center"), labels, nil, "", "set it with --helper-label=KEY=VALUE"},
		"a label of the user":        {lacksLabel("team"), func(s *helper.Spec) { s.Labels = map[string]string{"team": "me"} }, func(pod *corev1.Pod) bool { return pod.Labels["team"] == "me" }, "", ""},
		"the queue of the job":       {lacksLabel(reason.QueueLabel), func(s *helper.Spec) { s.Queue = "q" }, func(pod *corev1.Pod) bool { return pod.Labels[reason.QueueLabel] == "q" }, "", ""},
		"a range of users": {rangeOfUsers(), nil, func(pod *corev1.Pod) bool {
			return pod.Spec.SecurityContext.RunAsUser == nil && *pod.Spec.SecurityContext.RunAsNonRoot
		}, "the user that the cluster assigns", ""},
		"a quota of storage":          {space(), nil, func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceEphemeralStorage) == 256<<20 }, "", ""},
		"a minimum of memory":         {refuse(forbidden("minimum memory usage per Container is 512Mi, but request is 256Mi"), func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceMemory) < 512<<20 }), nil, func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceMemory) == 512<<20 }, "", ""},
		"a minimum of processors":     {refuse(forbidden("minimum cpu usage per Container is 2, but request is 50m"), func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceCPU) < 2 }), nil, func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceCPU) == 2 }, "", ""},
		"a minimum of storage":        {refuse(forbidden("minimum ephemeral-storage usage per Container is 2Gi.  No request is specified"), func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceEphemeralStorage) < gi(2) }), nil, func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceEphemeralStorage) == gi(2) }, "", ""},
		"a minimum beyond all bounds": {refuse(forbidden("minimum memory usage per Container is 64Gi, but request is 256Mi"), always), nil, nil, "", "minimum memory usage per Container is 64Gi, but request is 256Mi; use --helper-cpu or --helper-memory"},
		"a minimum beyond the quota": {
			refuse(forbidden("minimum memory usage per Container is 1Gi, but request is 256Mi"), func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceMemory) < gi(1) }).
				Admit("pods", judge(forbidden("exceeded quota: q, requested: limits.memory=1Gi"), func(pod *corev1.Pod) bool { return limit(pod, corev1.ResourceMemory) >= gi(1) })),
			nil, nil, "retrying with a smaller helper pod", "minimum memory usage per Container is 1Gi",
		},
		"volumes that are not read-only": {
			refuse(errors.New(`ValidatingAdmissionPolicy 'volumes' denied request: readOnly claims are not supported`), func(pod *corev1.Pod) bool { return pod.Spec.Volumes[0].PersistentVolumeClaim.ReadOnly }),
			nil, func(pod *corev1.Pod) bool { return pod.Spec.Containers[0].VolumeMounts[0].ReadOnly }, "a read-only mount of it", "",
		},
		"a service account that is gone": {
			refuse(forbidden(`error looking up service account lab/train: serviceaccount "train" not found`), func(pod *corev1.Pod) bool { return pod.Spec.ServiceAccountName == "train" }),
			func(s *helper.Spec) { s.ServiceAccount = "train" }, func(pod *corev1.Pod) bool { return pod.Spec.ServiceAccountName == "" }, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := test.change
			if change == nil {
				change = func(*helper.Spec) {}
			}
			var meanwhile []func() error
			if test.err == "" {
				meanwhile = append(meanwhile, becomes(test.cluster, running()))
			}
			got, _ := locate(t, test.cluster, spec(change), meanwhile...)
			if !strings.Contains(got.Err, test.err) || test.err == "" && got.Err != "" {
				t.Errorf("error %q; want %q", got.Err, test.err)
			}
			if said := strings.Join(got.Said, "\n"); !strings.Contains(said, test.said) || test.said == "" && said != "" && test.err == "" {
				t.Errorf("said %q; want %q", said, test.said)
			}
			created := test.cluster.Created()
			if len(created) > 20 {
				t.Errorf("%d pods were requested", len(created))
			}
			if test.pod == nil {
				return
			}
			pod, ok := created[len(created)-1].(*corev1.Pod)
			if !ok || !test.pod(pod) {
				t.Errorf("the pod is %+v, %+v", pod.ObjectMeta, pod.Spec)
			}
			if !helper.IsHelperPod(pod) {
				t.Error("it is not recognised as a helper pod")
			}
		})
	}
}

// A copy of a helper pod that can write to the claim is no helper pod, and neither is one that does not mount it.
func TestHelperPodOnlyReads(t *testing.T) {
	for name, change := range map[string]func(*corev1.Container){
		"writes":           func(c *corev1.Container) { c.VolumeMounts[0].ReadOnly = false },
		"mounts it as raw": func(c *corev1.Container) { c.VolumeMounts = c.VolumeMounts[1:] },
	} {
		pod := spec().Pod("x7k2pq9z")
		pod.Spec.Volumes[0].PersistentVolumeClaim.ReadOnly = false
		if !helper.IsHelperPod(pod) {
			t.Error("a read-only mount alone is not enough")
		}
		change(&pod.Spec.Containers[0])
		if helper.IsHelperPod(pod) {
			t.Errorf("%s: it is recognised as a helper pod", name)
		}
	}
}

// A pod that Kueue holds back is reported as what it is, and not awaited for ever.
func TestHeldByKueue(t *testing.T) {
	gated := func(cluster *faketest.Cluster) func() error {
		status := corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonSchedulingGated, Message: "Scheduling is blocked due to non-empty scheduling gates",
		}}}
		return func() error {
			time.Sleep(time.Second) // of the bubble
			pod := newest(cluster)
			pod.Spec.SchedulingGates, pod.Status = []corev1.PodSchedulingGate{{Name: "kueue.x-k8s.io/admission"}}, status
			return cluster.Update(corev1.SchemeGroupVersion.WithResource("pods"), pod)
		}
	}
	for name, test := range map[string]struct {
		queue string
		want  string
	}{
		"in a queue":      {"gpu", "SchedulingGated: waiting for Kueue to admit it in queue gpu"},
		"without a queue": {"", "SchedulingGated: held back by Kueue, since it has no queue"},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New()
			got, err := locate(t, cluster, spec(func(s *helper.Spec) { s.Queue, s.StartLimit = test.queue, 30*time.Second }), gated(cluster))
			if _, ok := errors.AsType[*helper.NoPodError](err); !ok || got.took != 30*time.Second ||
				!strings.HasPrefix(got.Err, `helper pod "fetch-1" did not start within 30s: `+test.want+"; use --helper-timeout") {
				t.Errorf("%q after %v", got.Err, got.took)
			}
			if len(got.Said) != 1 || got.Said[0] != "Helper pod fetch-1 is not running yet: "+test.want {
				t.Errorf("said %q", got.Said)
			}
		})
	}
}

// A limit on ephemeral storage also limits the directory of the agent.
func TestSpaceOfAgent(t *testing.T) {
	pod := spec(func(s *helper.Spec) { s.EphemeralStorage = resource.MustParse("200Mi") }).Pod("x7k2pq9z")
	if size := pod.Spec.Volumes[1].EmptyDir.SizeLimit.String(); size != "200Mi" {
		t.Error(size)
	}
}
