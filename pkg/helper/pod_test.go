package helper_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

func spec(changes ...func(*helper.Spec)) helper.Spec {
	s := helper.Spec{
		Namespace: "lab", Claim: "train-results", Image: helper.DefaultImage, Identity: helper.Identity{UID: new(int64(0))},
		CPU: resource.MustParse("1"), Memory: resource.MustParse("256Mi"),
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func TestPod(t *testing.T) {
	for name, s := range map[string]helper.Spec{
		"root": spec(),
		"everything": spec(func(s *helper.Spec) {
			s.SubPath, s.Job = "run7", "train"
			s.Node = "n1"
			s.Parent = helper.ParentOf(faketest.Job("train"))
			s.Identity = helper.Identity{UID: new(int64(1000)), GID: new(int64(100)), Groups: []int64{2000, 3000}, SELinux: &corev1.SELinuxOptions{Level: "s0:c1,c2"}}
			s.Tolerations = []corev1.Toleration{{Key: "nvidia.com/gpu", Operator: corev1.TolerationOpExists}}
			s.PullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
			s.Owner = provenance.Identity{Name: "dev"}
		}),
	} {
		t.Run(name, func(t *testing.T) { faketest.GoldenYAML(t, "pod-"+name, s.Pod("x7k2pq9z")) })
	}
}

// docs/helper.md shows the pod as it is.
func TestPodInDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/helper.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	var shown corev1.Pod
	if err := yaml.UnmarshalStrict([]byte(text), &shown); err != nil {
		t.Fatal(err)
	}
	pod := spec().Pod("x7k2pq9z")
	pod.Spec.Containers[0].Command[2] = "SCRIPT"
	if diff := cmp.Diff(pod, &shown); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Kubernetes replaces $(NAME) and $$ in arguments; a sub-path is what it is.
func TestPodArgumentsKeepSubPath(t *testing.T) {
	pod := spec(func(s *helper.Spec) { s.SubPath = "a $(HOME) $$b" }).Pod("x7k2pq9z").Spec.Containers[0]
	if got := pod.Command[len(pod.Command)-1]; got != "a $$(HOME) $$$$b" {
		t.Errorf("%q", got)
	}
	if mount := pod.VolumeMounts[0]; mount.SubPath != "" || mount.SubPathExpr != "" {
		t.Errorf("%+v", mount)
	}
}

// The fields that PodSecurity "restricted" requires; for root, only the unavoidable ones are missing.
func TestPodIsRestricted(t *testing.T) {
	for name, test := range map[string]struct {
		identity helper.Identity
		nonRoot  bool
		add      []corev1.Capability
	}{
		"user":            {helper.Identity{UID: new(int64(1000))}, true, nil},
		"root":            {helper.Identity{UID: new(int64(0))}, false, []corev1.Capability{"DAC_OVERRIDE"}},
		"of the image":    {helper.Identity{}, false, []corev1.Capability{"DAC_OVERRIDE"}},
		"of last resort":  {helper.Identity{UID: new(int64(0)), Groups: []int64{5}}.Unprivileged(), true, nil},
		"group of root's": {helper.Identity{UID: new(int64(7)), GID: new(int64(0))}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			pod := spec(func(s *helper.Spec) { s.Identity = test.identity }).Pod("x7k2pq9z").Spec
			security, container := pod.SecurityContext, pod.Containers[0].SecurityContext
			for requirement, ok := range map[string]bool{
				"runAsNonRoot":                 *security.RunAsNonRoot == test.nonRoot,
				"no fsGroup":                   security.FSGroup == nil,
				"seccompProfile":               security.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
				"allowPrivilegeEscalation":     !*container.AllowPrivilegeEscalation,
				"readOnlyRootFilesystem":       *container.ReadOnlyRootFilesystem,
				"drop ALL":                     len(container.Capabilities.Drop) == 1 && container.Capabilities.Drop[0] == "ALL",
				"add":                          len(container.Capabilities.Add) == len(test.add),
				"no host namespaces":           !pod.HostNetwork && !pod.HostPID && !pod.HostIPC,
				"no token":                     !*pod.AutomountServiceAccountToken,
				"volume is read-only":          pod.Volumes[0].PersistentVolumeClaim.ReadOnly && pod.Containers[0].VolumeMounts[0].ReadOnly,
				"kept as it is written":        !strings.Contains(strings.Join(pod.Containers[0].Command, " "), "$$"),
				"no node name":                 pod.NodeName == "",
				"the agent's place is bounded": pod.Volumes[1].EmptyDir.SizeLimit.String() == "1Gi",
				"never restarted":              pod.RestartPolicy == corev1.RestartPolicyNever,
				"ends by itself":               *pod.ActiveDeadlineSeconds == 5*60*60,
			} {
				if !ok {
					t.Errorf("%s is not as it must be", requirement)
				}
			}
		})
	}
}

// A pod's name is its host's name too, which has 63 characters.
func TestPodNamesAtTheirLimit(t *testing.T) {
	for _, claim := range []string{
		"a", strings.Repeat("a", 63), strings.Repeat("a", 253), strings.Repeat("a", 47) + ".b", strings.Repeat("a", 47) + "-b",
		strings.Repeat("a", 46) + "--b", strings.Repeat("a.", 100) + "b", "1-results",
	} {
		if problems := validation.IsDNS1123Subdomain(claim); len(problems) > 0 {
			t.Fatalf("%q is no claim: %v", claim, problems)
		}
		name := spec(func(s *helper.Spec) { s.Claim = claim }).Pod("x7k2pq9z").Name
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 || len(name) > validation.DNS1123LabelMaxLength {
			t.Errorf("claim %q gives pod %q: %v", claim, name, problems)
		}
	}
	pod := spec(func(s *helper.Spec) { s.Job, s.Owner = strings.Repeat("j", 63), provenance.Identity{Name: "a/b c"} }).Pod("x7k2pq9z")
	for key, value := range pod.Labels {
		if problems := append(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)...); len(problems) > 0 {
			t.Errorf("label %s=%s: %v", key, value, problems)
		}
	}
}

// A job that is deleted when it has ended would take the helper pod away during a fetch.
func TestParentOf(t *testing.T) {
	ttl := int32(0)
	if got := helper.ParentOf(nil); got != nil {
		t.Errorf("of no job: %v", got)
	}
	if got := helper.ParentOf(faketest.Job("train", func(j *batchv1.Job) { j.Spec.TTLSecondsAfterFinished = &ttl })); got != nil {
		t.Errorf("of a job with a TTL: %v", got)
	}
	yes := true
	if got := helper.ParentOf(faketest.Job("train", func(j *batchv1.Job) {
		j.OwnerReferences = []metav1.OwnerReference{{Kind: "CronJob", Name: "nightly", Controller: &yes}}
	})); got != nil {
		t.Errorf("of a job of a cron job: %v", got)
	}
	want := metav1.OwnerReference{APIVersion: "batch/v1", Kind: "Job", Name: "train", UID: "uid-train"}
	if got := helper.ParentOf(faketest.Job("train")); got == nil || *got != want {
		t.Errorf("%v; want %v", got, want)
	}
}
