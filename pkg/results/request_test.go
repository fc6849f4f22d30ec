package results

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
)

// TestNewSessionSetsDefaults: the zero request is valid, and fields that are set are kept.
func TestNewSessionSetsDefaults(t *testing.T) {
	set := Request{
		Transfer: Transfer{Transport: "exec", Compress: "s2", Retries: 2},
		Helper:   Helper{Image: JobImage, Chosen: true, CPU: resource.MustParse("2"), Memory: resource.MustParse("1Gi")},
	}
	for name, test := range map[string]struct{ request, want Request }{
		"zero": {Request{}, Request{
			Transfer: Transfer{Transport: Auto, Compress: Auto},
			Helper:   Helper{Image: helper.DefaultImage, CPU: resource.MustParse(DefaultHelperCPU), Memory: resource.MustParse(DefaultHelperMemory)},
		}},
		"set": {set, set},
	} {
		got := *newSession(Config{Clock: clock.RealClock{}}, test.request).request
		if diff := cmp.Diff(test.want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}
