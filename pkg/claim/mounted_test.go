package claim_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

func mounting(name, path, subPath, volume string) corev1.Container {
	return corev1.Container{Name: name, VolumeMounts: []corev1.VolumeMount{{Name: volume, MountPath: path, SubPath: subPath}}}
}

// A claim that an init container fills is a claim of the job; the claims of other containers
// are preferred.
func TestMountsOfInitContainers(t *testing.T) {
	spec := corev1.PodSpec{
		Volumes:        []corev1.Volume{claimVolume("a", "data", false), claimVolume("b", "out", false)},
		InitContainers: []corev1.Container{mounting("prepare", "/prepare", "", "a")},
		Containers:     []corev1.Container{mounting("main", "/out", "", "b")},
	}
	for want, paths := range map[string][]string{"data x": {"/prepare/x"}, "out x": {"x"}, "out .": {"/"}} {
		choice, err := claim.Choose(claim.MountsOf(spec), "", paths)
		if err != nil || choice.Claim+" "+choice.Paths[0] != want {
			t.Errorf("%q: %+v, %v; want %s", paths, choice, err, want)
		}
	}
	spec.Containers = []corev1.Container{{Name: "main"}}
	if choice, err := claim.Choose(claim.MountsOf(spec), "", []string{"/"}); err != nil || choice.Claim != "data" || choice.Container != "prepare" {
		t.Errorf("only an init container: %+v, %v", choice, err)
	}
}

// If two volumes are mounted at one path, no argument can distinguish them.
func TestChooseAmbiguousPath(t *testing.T) {
	volumes := []corev1.Volume{claimVolume("a", "data", false), claimVolume("b", "out", false)}
	for name, test := range map[string]struct {
		containers []corev1.Container
		init       []corev1.Container
		results    string
		paths      []string
		want       string // of the error, "" for none
	}{
		"sub-paths of one claim": {
			[]corev1.Container{mounting("x", "/out", "left", "a"), mounting("y", "/out", "right", "a")},
			nil, "",
			[]string{"/out/f"},
			"more than one volume or sub-path is mounted at /out (claim data, sub-path left, at /out in container x, claim data, sub-path right, at /out in container y); specify the claim and the path on it",
		},
		"sub-paths of the results claim": {
			[]corev1.Container{mounting("x", "/out", "left", "a"), mounting("y", "/out", "right", "a")},
			nil, "data", nil,
			"it writes to more than one volume (claim data, sub-path left, at /out in container x, claim data, sub-path right, at /out in container y); specify the PATH to fetch",
		},
		"two claims": {
			[]corev1.Container{mounting("x", "/out", "", "a"), mounting("y", "/out", "", "b")},
			nil, "",
			[]string{"/out"},
			"more than one volume or sub-path is mounted at /out (claim data at /out in container x, claim out at /out in container y); specify the claim and the path on it",
		},
		"an init container": {
			[]corev1.Container{mounting("x", "/out", "left", "a")},
			[]corev1.Container{mounting("y", "/out", "right", "a")},
			"",
			[]string{"/out/f"},
			"more than one volume or sub-path is mounted at /out (claim data, sub-path left, at /out in container x, claim data, sub-path right, at /out in container y); specify the claim and the path on it",
		},
		"the same twice":            {[]corev1.Container{mounting("x", "/out", "left", "a"), mounting("y", "/out", "left", "a")}, nil, "", []string{"/out/f"}, ""},
		"the same at two paths":     {[]corev1.Container{mounting("x", "/out", "left", "a"), mounting("y", "/in", "left", "a")}, nil, "", []string{"f"}, ""},
		"the results and a part":    {[]corev1.Container{mounting("x", "/out", "", "a"), mounting("y", "/out/l", "left", "a")}, nil, "data", []string{"/out/l/f"}, ""},
		"a longer path of them all": {[]corev1.Container{mounting("x", "/out", "left", "a"), mounting("y", "/out/in", "right", "a")}, nil, "", []string{"/out/in/f"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			mounts := claim.MountsOf(corev1.PodSpec{Volumes: volumes, Containers: test.containers, InitContainers: test.init})
			_, err := claim.Choose(mounts, test.results, test.paths)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if _, ok := errors.AsType[*claim.AmbiguousError](err); ok != (test.want != "" && test.paths != nil) {
				t.Errorf("%T", err)
			}
		})
	}
}

// The claim of a generic ephemeral volume has the name of its pod, and holds nothing
// but results.
func TestMountsOfEphemeralVolumes(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "train-x7k2p"}, Spec: corev1.PodSpec{
		Volumes:    []corev1.Volume{{Name: "out", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}}},
		Containers: []corev1.Container{mounting("main", "/out", "", "out")},
	}}
	if got := claim.MountsOf(pod.Spec); len(got) > 0 {
		t.Errorf("without a pod: %+v", got)
	}
	choice, err := claim.Choose(claim.MountsOfPod(pod), "", nil)
	want := claim.Choice{Paths: []string{"."}, All: true, Mounted: claim.Mounted{
		Mount: claim.Mount{Claim: "train-x7k2p-out", Path: "/out"}, Container: "main", Pod: "train-x7k2p",
	}}
	if diff := cmp.Diff(want, choice); diff != "" || err != nil {
		t.Errorf("%v; want -, got +:\n%s", err, diff)
	}
}

func TestDevices(t *testing.T) {
	spec := corev1.PodSpec{
		Volumes:        []corev1.Volume{claimVolume("a", "raw", false), claimVolume("b", "data", false)},
		InitContainers: []corev1.Container{{VolumeDevices: []corev1.VolumeDevice{{Name: "a", DevicePath: "/dev/x"}}}},
		Containers:     []corev1.Container{{VolumeDevices: []corev1.VolumeDevice{{Name: "a", DevicePath: "/dev/x"}, {Name: "gone"}}}},
	}
	if diff := cmp.Diff([]string{"raw"}, claim.Devices(spec)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
