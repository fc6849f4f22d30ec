package program_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

func TestOf(t *testing.T) {
	type want struct {
		name, completer    string
		plugin, completing bool
	}
	batch := want{"kubectl batch", "kubectl_complete-batch", true, false}
	for name, test := range map[string]struct {
		called, goos string
		want         want
	}{
		"by kubectl":             {"/usr/local/bin/kubectl-batch", "linux", batch},
		"by a shell":             {"kubectl-batch", "linux", batch},
		"by krew":                {"/home/dev/.krew/bin/kubectl-batch_jobs", "linux", want{"kubectl batch-jobs", "kubectl_complete-batch_jobs", true, false}},
		"in two words":           {"./kubectl-lab-batch_jobs", "darwin", want{"kubectl lab batch-jobs", "kubectl_complete-lab-batch_jobs", true, false}},
		"for completion":         {"kubectl_complete-batch", "linux", want{"kubectl batch", "kubectl_complete-batch", true, true}},
		"for completion by krew": {"/x/kubectl_complete-batch_jobs", "linux", want{"kubectl batch-jobs", "kubectl_complete-batch_jobs", true, true}},
		"by another name":        {"/tmp/go-build1/cmd.test", "linux", want{"kubectl batch", "kubectl_complete-batch", false, false}},
		"by the bare name":       {"batch", "linux", want{"kubectl batch", "kubectl_complete-batch", false, false}},
		"by no name":             {"", "linux", want{"kubectl batch", "kubectl_complete-batch", false, false}},
		"by a prefix":            {"kubectl-", "linux", want{"kubectl batch", "kubectl_complete-batch", false, false}},
		"by a name with a trick": {"kubectl-batch;reboot", "linux", want{"kubectl batch", "kubectl_complete-batch", false, false}},
		"case matters":           {"Kubectl-Batch", "linux", want{"kubectl batch", "kubectl_complete-batch", false, false}},
		"an .exe elsewhere":      {"kubectl-batch.exe", "linux", want{"kubectl batch.exe", "kubectl_complete-batch.exe", true, false}},
		"Windows":                {`C:\Users\dev\.krew\bin\kubectl-batch_jobs.exe`, "windows", want{"kubectl batch-jobs", "kubectl_complete-batch_jobs.exe", true, false}},
		"Windows shouts":         {`C:/BIN/KUBECTL-BATCH.EXE`, "windows", want{"kubectl batch", "kubectl_complete-batch.exe", true, false}},
		"Windows, completion":    {`D:\kubectl_Complete-batch.exe`, "windows", want{"kubectl batch", "kubectl_complete-batch.exe", true, true}},
		"Windows without .exe":   {`kubectl-batch`, "windows", want{"kubectl batch", "kubectl_complete-batch.exe", true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			p := program.Of(test.called, test.goos)
			if got := (want{p.String(), p.Completer(), p.Plugin(), p.Completing()}); got != test.want || p.Called != test.called {
				t.Errorf("%+v; want %+v", got, test.want)
			}
		})
	}
}

func TestIn(t *testing.T) {
	const text = "kubectl batch run x, then kubectl batch fetch x"
	if got := (program.Program{}).In(text); got != text {
		t.Error(got)
	}
	if got, want := program.Of("kubectl-batch_jobs", "linux").In(text), "kubectl batch-jobs run x, then kubectl batch-jobs fetch x"; got != want {
		t.Error(got)
	}
}
