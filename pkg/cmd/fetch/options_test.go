package fetch

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

func TestRequestOfFlags(t *testing.T) {
	filter, err := gitignore.ParseFilter([]string{"*.pt"}, []string{"tmp/"})
	if err != nil {
		t.Fatal(err)
	}
	defaults := results.Request{
		Namespace: faketest.Namespace, Job: "train",
		Transfer: results.Transfer{Compress: "auto", Transport: "auto", Retries: 5},
		Helper:   results.Helper{Image: helper.DefaultImage, CPU: resource.MustParse("1"), Memory: resource.MustParse("256Mi")},
	}
	with := func(change func(*results.Request)) results.Request {
		request := defaults
		change(&request)
		return request
	}
	for name, test := range map[string]struct {
		flags   func(*Flags)
		want    results.Request
		timeout time.Duration
	}{
		"defaults": {func(*Flags) {}, defaults, 0},
		"all": {
			func(f *Flags) {
				f.Include, f.Exclude, f.Checksum, f.Parallel, f.Compress, f.LimitRate = []string{"*.pt"}, []string{"tmp/"}, true, 4, "s2", "10M"
				f.Retries, f.Timeout, f.Transport, f.Helper.Keep, f.Manifest = 0, "1d", "exec", true, "sums"
			},
			with(func(r *results.Request) {
				r.Checksum, r.Filter, r.Manifest, r.Helper.Keep = true, filter, "sums", true
				r.Patterns = []string{"*.pt", "tmp/"}
				r.Transfer = results.Transfer{Parallel: 4, Compress: "s2", LimitRate: 10_000_000, Transport: "exec"}
			}), 24 * time.Hour,
		},
		"a plan": {func(f *Flags) { f.Plan = true }, with(func(r *results.Request) { r.Plan = true }), 0},
	} {
		options, err := toOptions([]string{"train"}, test.flags)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		diff := cmp.Diff(test.want, options.request, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true }))
		if diff != "" || options.timeout != test.timeout {
			t.Errorf("%s: timeout %s, want -, got +:\n%s", name, options.timeout, diff)
		}
	}
}

// TestViaOfTheEnvironment: a variable does not override --transport=tar, as the flag would.
func TestViaOfTheEnvironment(t *testing.T) {
	for line, want := range map[string]string{"": "$KUBECTL_BATCH_VIA=s3://lab/x", "--transport=tar": "=s3://", "--via=none": "=s3://"} {
		flags := &Flags{}
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.AddFlags(set)
		if err := set.Parse(strings.Fields(line)); err != nil {
			t.Fatal(err)
		}
		options, err := flags.ToOptions(&factory.Factory{Client: faketest.New(), LookupEnv: func(name string) (string, bool) {
			return "s3://lab/x", name == factory.ViaVariable
		}}, []string{"train"})
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if bucket := options.request.Bucket; bucket.ViaSetting+"="+bucket.Via.String() != want {
			t.Errorf("%s: %s=%s; want %s", line, bucket.ViaSetting, bucket.Via, want)
		}
	}
}
