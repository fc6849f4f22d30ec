package helper_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

func TestIdentityOf(t *testing.T) {
	label := &corev1.SELinuxOptions{Level: "s0:c1"}
	spec := func(pod *corev1.PodSecurityContext, security *corev1.SecurityContext) corev1.PodSpec {
		return corev1.PodSpec{SecurityContext: pod, Containers: []corev1.Container{{Name: "side", SecurityContext: &corev1.SecurityContext{RunAsUser: new(int64(9))}}, {Name: "main", SecurityContext: security}}}
	}
	ran := faketest.PodOf(faketest.Job("j"), "p", corev1.PodSucceeded, func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{
			{Name: "side", User: &corev1.ContainerUser{Linux: &corev1.LinuxContainerUser{UID: 9, GID: 9}}},
			{Name: "main", User: &corev1.ContainerUser{Linux: &corev1.LinuxContainerUser{UID: 1000, GID: 100, SupplementalGroups: []int64{100, 50}}}},
		}
	})
	mute := faketest.PodOf(faketest.Job("j"), "q", corev1.PodSucceeded, faketest.Exited(0))
	const recorded = `{"uid":77,"gid":7,"groups":[3]}`
	for name, test := range map[string]struct {
		spec     corev1.PodSpec
		pods     []*corev1.Pod
		recorded string
		want     helper.Identity
	}{
		"of the pod": {
			spec(&corev1.PodSecurityContext{RunAsUser: new(int64(5)), RunAsGroup: new(int64(6)), SupplementalGroups: []int64{8}, FSGroup: new(int64(4)), SELinuxOptions: label}, nil),
			[]*corev1.Pod{ran},
			recorded,
			helper.Identity{UID: new(int64(5)), GID: new(int64(6)), Groups: []int64{4, 8}, SELinux: label},
		},
		"of the container": {
			spec(&corev1.PodSecurityContext{RunAsUser: new(int64(5)), RunAsGroup: new(int64(6))}, &corev1.SecurityContext{RunAsUser: new(int64(11)), RunAsGroup: new(int64(12)), SELinuxOptions: label}),
			nil, recorded,
			helper.Identity{UID: new(int64(11)), GID: new(int64(12)), SELinux: label},
		},
		"as it really ran":                 {spec(nil, nil), []*corev1.Pod{mute, ran}, recorded, helper.Identity{UID: new(int64(1000)), GID: new(int64(100)), Groups: []int64{50, 100}}},
		"as it ran, with the group":        {spec(&corev1.PodSecurityContext{FSGroup: new(int64(4))}, nil), []*corev1.Pod{ran}, "", helper.Identity{UID: new(int64(1000)), GID: new(int64(100)), Groups: []int64{4, 50, 100}}},
		"as recorded":                      {spec(nil, nil), []*corev1.Pod{mute}, recorded, helper.Identity{UID: new(int64(77)), GID: new(int64(7)), Groups: []int64{3}}},
		"recorded garbage":                 {spec(nil, nil), nil, "root", helper.Identity{UID: new(int64(0))}},
		"root":                             {spec(nil, nil), nil, "", helper.Identity{UID: new(int64(0))}},
		"root as stated":                   {spec(&corev1.PodSecurityContext{RunAsUser: new(int64(0))}, nil), []*corev1.Pod{ran}, recorded, helper.Identity{UID: new(int64(0))}},
		"a group twice":                    {spec(&corev1.PodSecurityContext{RunAsUser: new(int64(5)), SupplementalGroups: []int64{4, 4}, FSGroup: new(int64(4))}, nil), nil, "", helper.Identity{UID: new(int64(5)), Groups: []int64{4}}},
		"nothing is known of the template": {corev1.PodSpec{}, nil, recorded, helper.Identity{UID: new(int64(77)), GID: new(int64(7)), Groups: []int64{3}}},
	} {
		t.Run(name, func(t *testing.T) {
			original := test.spec.DeepCopy()
			if diff := cmp.Diff(test.want, helper.IdentityOf(test.spec, "main", test.pods, test.recorded)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(*original, test.spec); diff != "" {
				t.Errorf("the template was changed:\n%s", diff)
			}
		})
	}
}

func TestIdentityText(t *testing.T) {
	for _, want := range []helper.Identity{
		{UID: new(int64(0))},
		{UID: new(int64(1000)), GID: new(int64(0)), Groups: []int64{4, 5}, SELinux: &corev1.SELinuxOptions{User: "u", Role: "r", Type: "t", Level: "l"}},
	} {
		got, ok := helper.ParseIdentity(want.Text())
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v; want -, got +:\n%s", want.Text(), ok, diff)
		}
	}
	for _, text := range []string{"", "null", "{}", `{"gid":1}`, "1000", `{"uid":"root"}`, `{"uid":1.5}`, "{"} {
		if got, ok := helper.ParseIdentity(text); ok {
			t.Errorf("ParseIdentity(%q) = %s", text, got.Text())
		}
	}
}
