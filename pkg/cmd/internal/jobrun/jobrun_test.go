package jobrun_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factorytest"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// fetches is a Fetcher that records the destinations.
type fetches struct {
	dirs          []string
	ready, result error
}

func (f *fetches) fetcher() jobrun.Fetcher {
	return jobrun.Fetcher{
		Ready: func(context.Context) error { return f.ready },
		Results: func(_ context.Context, _ *batchv1.Job, options jobrun.FetchOptions) error {
			f.dirs = append(f.dirs, options.Dir)
			return f.result
		},
	}
}

// ending returns a cluster in which each job has ended with that condition as soon as it is created.
func ending(condition batchv1.JobConditionType) *faketest.Cluster {
	return faketest.New().Admit("jobs", func(object runtime.Object) error {
		if job, ok := object.(*batchv1.Job); ok {
			faketest.Ended(condition, 0)(job)
		}
		return nil
	})
}

// ran is what a request leaves.
type ran struct {
	stdout, stderr string
	changes        []string
	err            error
}

// run carries out a request for the job train, as change completes it.
func run(t *testing.T, cluster *faketest.Cluster, change func(*jobrun.Request)) ran {
	t.Helper()
	f, out, errOut := factorytest.New(cluster)
	client, namespace, err := f.Cluster()
	if err != nil {
		t.Fatal(err)
	}
	printer, err := genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme).ToPrinter()
	if err != nil {
		t.Fatal(err)
	}
	request := &jobrun.Request{Factory: f, Client: client, Printer: jobrun.NewPrinter(printer, out, "")}
	request.Submission.Namespace = namespace
	request.Submission.Spec.Name, request.Submission.Spec.Container.Image = "train", "i"
	change(request)
	err = request.Run(t.Context())
	return ran{out.String(), errOut.String(), cluster.Changes(), err}
}

func withResults(r *jobrun.Request) {
	r.Submission.Results.Create = &claim.Spec{Size: resource.MustParse("1Gi")}
}

// What cannot succeed is refused before anything is created.
func TestRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*jobrun.Request)
		want   string
		status int
	}{
		"fetch without results": {
			func(r *jobrun.Request) { r.After.Fetch = true }, "--fetch requires --results", exit.Usage,
		},
		"rm with results": {
			func(r *jobrun.Request) { withResults(r); r.After.Remove = true }, "--rm with --results requires --fetch", exit.Usage,
		},
		"fetch to a file": {
			func(r *jobrun.Request) { withResults(r); r.After.Fetch, r.After.Dir = true, file }, "--fetch -d " + file + ": " + file + " is not a directory", exit.Usage,
		},
		"fetch is impossible": {
			func(r *jobrun.Request) {
				withResults(r)
				r.After.Fetch, r.After.Fetcher = true, (&fetches{ready: errors.New("no bucket")}).fetcher()
			}, "--fetch: no bucket", exit.Tool,
		},
	} {
		got := run(t, faketest.New(), func(r *jobrun.Request) {
			r.After.Fetcher = (&fetches{}).fetcher()
			test.change(r)
		})
		if got.err == nil || !strings.Contains(got.err.Error(), test.want) || exit.Status(got.err) != test.status || len(got.changes) > 0 {
			t.Errorf("%s: %v (status %d), created %q; want %q", name, got.err, exit.Status(got.err), got.changes, test.want)
		}
	}
}

// The job's status and that of a fetch are told apart.
func TestStatus(t *testing.T) {
	lost := errors.New("the node is gone")
	for name, test := range map[string]struct {
		condition batchv1.JobConditionType
		after     jobrun.After
		fetch     error
		status    int
		dirs      string
	}{
		"no wait":                   {batchv1.JobFailed, jobrun.After{}, nil, exit.Done, ""},
		"complete":                  {batchv1.JobComplete, jobrun.After{Wait: true}, nil, exit.Done, ""},
		"failed":                    {batchv1.JobFailed, jobrun.After{Wait: true}, nil, exit.Failed, ""},
		"complete and fetched":      {batchv1.JobComplete, jobrun.After{Fetch: true, Dir: "out"}, nil, exit.Done, "out"},
		"failed and fetched":        {batchv1.JobFailed, jobrun.After{Fetch: true, Dir: "out"}, nil, exit.Failed, "out"},
		"complete, but not fetched": {batchv1.JobComplete, jobrun.After{Fetch: true, Dir: "out"}, lost, exit.Tool, "out"},
		"failed, and not fetched":   {batchv1.JobFailed, jobrun.After{Fetch: true, Dir: "out"}, lost, exit.Failed, "out"},
		"timeout":                   {"", jobrun.After{Wait: true, Timeout: 1}, nil, exit.Timeout, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			cluster := faketest.New()
			if test.condition != "" {
				cluster = ending(test.condition)
			}
			fetched := &fetches{result: test.fetch}
			got := run(t, cluster, func(r *jobrun.Request) {
				if test.after.Fetch {
					withResults(r)
				}
				r.After = test.after
				r.After.Fetcher = fetched.fetcher()
			})
			if exit.Status(got.err) != test.status || strings.Join(fetched.dirs, " ") != test.dirs || test.fetch != nil && !errors.Is(got.err, test.fetch) {
				t.Errorf("%v (status %d), fetched to %q; want status %d\n%s", got.err, exit.Status(got.err), fetched.dirs, test.status, got.stderr)
			}
		})
	}
}

// --rm deletes a job only if it completed.
func TestRemove(t *testing.T) {
	for condition, want := range map[batchv1.JobConditionType]string{
		batchv1.JobComplete: "job.batch/train deleted",
		batchv1.JobFailed:   "Kept job train, because it did not complete",
	} {
		got := run(t, ending(condition), func(r *jobrun.Request) { r.After.Remove = true })
		deleted := strings.Contains(strings.Join(got.changes, "\n"), "delete jobs train")
		if !strings.Contains(got.stderr, want) || deleted != (condition == batchv1.JobComplete) {
			t.Errorf("%s: %q, %v\n%s", condition, got.changes, got.err, got.stderr)
		}
	}
}

// A dry run prints the objects and creates none.
func TestDryRun(t *testing.T) {
	got := run(t, faketest.New(), func(r *jobrun.Request) {
		withResults(r)
		r.Submission.DryRun = submit.DryRunClient
		r.Notes = []string{"Note: by a flag"}
	})
	const want = "persistentvolumeclaim/train-results created\njob.batch/train created\n"
	if got.err != nil || got.stdout != want || len(got.changes) > 0 || !strings.Contains(got.stderr, "Note: by a flag") {
		t.Errorf("%+v", got)
	}
}

// -o json prints all objects as one List, and -o name only the job.
func TestFormats(t *testing.T) {
	for format, want := range map[string]string{"json": `"kind": "List"`, "yaml": "kind: List", "name": "job.batch/train"} {
		var out bytes.Buffer
		flags := genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme)
		*flags.OutputFormat = format
		printer, err := flags.ToPrinter()
		if err != nil {
			t.Fatal(err)
		}
		got := run(t, faketest.New(), func(r *jobrun.Request) {
			withResults(r)
			r.Submission.DryRun = submit.DryRunClient
			r.Printer = jobrun.NewPrinter(printer, &out, format)
		})
		hasClaim := strings.Contains(out.String(), "PersistentVolumeClaim")
		if got.err != nil || !strings.Contains(out.String(), want) || hasClaim != (format != "name") || strings.Contains(out.String(), "resourceVersion") {
			t.Errorf("-o %s: %v\n%s", format, got.err, out.String())
		}
	}
}
