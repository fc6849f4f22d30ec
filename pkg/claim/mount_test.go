package claim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

func TestParseMount(t *testing.T) {
	for text, want := range map[string]claim.Mount{
		"data":                {Claim: "data", Path: "/data"},
		"data:ro":             {Claim: "data", Path: "/data", ReadOnly: true},
		"data:/in":            {Claim: "data", Path: "/in"},
		"data:/in/:ro":        {Claim: "data", Path: "/in", ReadOnly: true},
		"data/a/b":            {Claim: "data", SubPath: "a/b", Path: "/data"},
		"data/a/b/:/in/../x":  {Claim: "data", SubPath: "a/b", Path: "/x"},
		"my.data-1/..a:ro":    {Claim: "my.data-1", SubPath: "..a", Path: "/my.data-1", ReadOnly: true},
		"data:/with space:ro": {Claim: "data", Path: "/with space", ReadOnly: true},
	} {
		got, err := claim.ParseMount(text)
		if err != nil || got != want {
			t.Errorf("ParseMount(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParseMountRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":              `invalid claim name ""`,
		"Data":          `invalid claim name "Data"`,
		"/data":         `invalid claim name ""`,
		"data:in":       `mount path "in" is not absolute`,
		"data:":         `mount path "" is not absolute`,
		"data:/":        "a volume mounted at / would hide the files of the image",
		"data:/x/..":    "a volume mounted at / would hide the files of the image",
		"data:/in:rw":   "only :ro is allowed after the mount path",
		"data:/in:":     "only :ro is allowed after the mount path",
		"data:/in:ro:x": "only :ro is allowed after the mount path",
		"data/..":       `invalid sub-path ".."`,
		"data/../x:/in": `invalid sub-path "../x"`,
		"data/a/../../": `invalid sub-path "a/../../"`,
		"data//a":       `invalid sub-path "/a"`,
	} {
		got, err := claim.ParseMount(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseMount(%q) = %+v, %v; want an error with %q", text, got, err, want)
		}
	}
}

func claimVolume(name, claim string, readOnly bool) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim, ReadOnly: readOnly},
	}}
}

func TestMountsOf(t *testing.T) {
	spec := corev1.PodSpec{
		Volumes: []corev1.Volume{
			claimVolume("a", "data", false), claimVolume("b", "set", true),
			{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		},
		Containers: []corev1.Container{
			{Name: "main", VolumeMounts: []corev1.VolumeMount{
				{Name: "tmp", MountPath: "/tmp"}, {Name: "a", MountPath: "/data/", SubPath: "x"}, {Name: "a", MountPath: "/ro", ReadOnly: true}, {Name: "b", MountPath: "/set"},
			}},
			{Name: "side", VolumeMounts: []corev1.VolumeMount{{Name: "a", MountPath: "/data", SubPath: "x"}, {Name: "a", MountPath: "/all"}}},
		},
	}
	want := []claim.Mounted{
		{Container: "main", Mount: claim.Mount{Claim: "data", SubPath: "x", Path: "/data"}},
		{Container: "main", Mount: claim.Mount{Claim: "data", Path: "/ro", ReadOnly: true}},
		{Container: "main", Mount: claim.Mount{Claim: "set", Path: "/set", ReadOnly: true}},
		{Container: "side", Mount: claim.Mount{Claim: "data", Path: "/all"}},
	}
	if diff := cmp.Diff(want, claim.MountsOf(spec)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Kubernetes creates a directory for subPathExpr. If the directories of the pods differ, the result is their
// common parent.
func TestMountsOfExpression(t *testing.T) {
	env := []corev1.EnvVar{
		{Name: "RUN", Value: "run7"},
		{Name: "DEEP", Value: "a/b"},
		{Name: "SHADOW", Value: "old"},
		{Name: "POD", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		{Name: "SHADOW", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		{Name: "OTHER", Value: "$(RUN)"},
	}
	type folder struct {
		SubPath string
		Varies  bool
	}
	for expression, want := range map[string]folder{
		"out":              {"out", false},
		"$(RUN)":           {"run7", false},
		"x/$(RUN)/$(DEEP)": {"x/run7/a/b", false},
		"$$(RUN)":          {"$(RUN)", false},
		"$$$(RUN)":         {"$run7", false},
		"$RUN":             {"$RUN", false},
		"a$":               {"a$", false},
		"$(RUN":            {"$(RUN", false},
		"$(POD)":           {"", true},
		"out/$(POD)":       {"out", true},
		"out/x-$(POD)/y":   {"out", true},
		"$(RUN)/$(POD)":    {"run7", true},
		"out/$(SHADOW)":    {"out", true},
		"out/$(NOBODY)":    {"out", true},
		"out/$(OTHER)":     {"out", true},
		".cache/$(POD)":    {".cache", true},
		"v1./$(POD)":       {"v1.", true},
	} {
		spec := corev1.PodSpec{Volumes: []corev1.Volume{claimVolume("a", "data", false)}, Containers: []corev1.Container{
			{Name: "main", Env: env, VolumeMounts: []corev1.VolumeMount{{Name: "a", MountPath: "/data", SubPathExpr: expression}}},
		}}
		got := claim.MountsOf(spec)[0]
		if (folder{got.SubPath, got.Varies}) != want {
			t.Errorf("%s: %q, %v; want %+v", expression, got.SubPath, got.Varies, want)
		}
	}
}
