package program_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

func TestDescribe(t *testing.T) {
	machine := " go1.26.5 " + runtime.GOOS + "/" + runtime.GOARCH
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "d32480a"}
	for name, c := range map[string]struct {
		main            string
		settings        []debug.BuildSetting
		release, commit string
		want            string
	}{
		"release":            {main: "(devel)", release: "v0.1.0", commit: "0b5e3c1", want: "kubectl-batch v0.1.0 0b5e3c1"},
		"without its commit": {main: "(devel)", release: "v0.1.0", want: "kubectl-batch v0.1.0"},
		"installed":          {main: "v0.1.0", want: "kubectl-batch v0.1.0"},
		"checkout":           {main: "(devel)", settings: []debug.BuildSetting{commit}, want: "kubectl-batch (devel) d32480a"},
		"release in a checkout": {
			main: "(devel)", settings: []debug.BuildSetting{commit}, release: "v0.1.0", commit: "0b5e3c1",
			want: "kubectl-batch v0.1.0 0b5e3c1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			info := &debug.BuildInfo{GoVersion: "go1.26.5", Main: debug.Module{Version: c.main}, Settings: c.settings}
			if got := program.Describe(info, c.release, c.commit); got != c.want+machine {
				t.Errorf("%q instead of %q", got, c.want+machine)
			}
		})
	}
}
