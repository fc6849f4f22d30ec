package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// read requires want, or an error if want is nil.
func read[T any](t *testing.T, parse func(string) (T, error), text string, want *T) {
	t.Helper()
	got, err := parse(text)
	if want == nil {
		if err == nil {
			t.Errorf("%q: %+v; want an error", text, got)
		}
		return
	}
	if diff := cmp.Diff(*want, got); err != nil || diff != "" {
		t.Errorf("%q: %v; want -, got +:\n%s", text, err, diff)
	}
}

func TestParseArray(t *testing.T) {
	for text, want := range map[string]*spec.Array{
		"0-99": {Tasks: 100}, "100": {Tasks: 100}, "0-99%10": {Tasks: 100, AtOnce: 10}, "100%10": {Tasks: 100, AtOnce: 10},
		"0-0": {Tasks: 1}, "1": {Tasks: 1}, "100000": {Tasks: 100000}, "00-09": {Tasks: 10},
		"": nil, "0": nil, "-1": nil, "1-9": nil, "0-100000": nil, "9999999999": nil, "3%0": nil, "3%": nil, "1,2": nil, "0-9:2": nil, "0-9-9": nil, "3x": nil,
	} {
		if want == nil {
			read(t, spec.ParseArray, text, nil)
			continue
		}
		read(t, spec.ParseArray, text, &want)
	}
}

func TestParseCodes(t *testing.T) {
	for text, want := range map[string][]int32{
		"1": {1}, "137,1": {1, 137}, "3-5,4, 255": {3, 4, 5, 255}, "": nil, "0": nil, "256": nil, "a": nil, "1-": nil, "-1": nil, "5-3": nil, "1,,2": nil, "0-3": nil,
	} {
		if want == nil {
			read(t, spec.ParseCodes, text, nil)
			continue
		}
		read(t, spec.ParseCodes, text, &want)
	}
}

func TestParseUser(t *testing.T) {
	group := int64(2000)
	for text, want := range map[string]*spec.User{
		"1000": {UID: 1000}, "0": {}, "1000:2000": {UID: 1000, GID: &group}, "2147483647": {UID: 2147483647},
		"": nil, "dev": nil, "-1": nil, "1000:": nil, ":1": nil, "1:2:3": nil, "2147483648": nil,
	} {
		if want == nil {
			read(t, spec.ParseUser, text, nil)
			continue
		}
		read(t, spec.ParseUser, text, &want)
	}
}

func TestParseToleration(t *testing.T) {
	for text, want := range map[string]*corev1.Toleration{
		"gpu":                        {Key: "gpu", Operator: corev1.TolerationOpExists},
		"gpu:NoSchedule":             {Key: "gpu", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
		"nvidia.com/gpu=a:NoExecute": {Key: "nvidia.com/gpu", Operator: corev1.TolerationOpEqual, Value: "a", Effect: corev1.TaintEffectNoExecute},
		"gpu=":                       {Key: "gpu", Operator: corev1.TolerationOpEqual},
		"gpu=yes":                    {Key: "gpu", Operator: corev1.TolerationOpEqual, Value: "yes"},
		"":                           nil, "=a": nil, "gpu:": nil, "gpu:Sometimes": nil, "gpu=a b": nil, "a/b/c": nil,
	} {
		read(t, spec.ParseToleration, text, want)
	}
}
