//go:build e2e

// Package e2e runs the scripts in testdata against a real cluster, as a user
// would: `kubectl batch ...` through the real kubectl, with the plugin on PATH
// and no rights but those of ClusterRole edit in one namespace.
package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// ownCluster is the line by which a script says that it needs a cluster of ours:
// one whose volumes and nodes it may arrange.
const ownCluster = "# needs a cluster of ours"

func TestScripts(t *testing.T) {
	suite := newSuite(t)
	scripts, left := suite.scripts(t, "testdata/*.txtar")
	alone, more := suite.scripts(t, "testdata/alone/*.txtar")
	left = append(left, more...)
	// The scripts run in parallel, below a group that ends before the last look.
	t.Run("group", func(t *testing.T) { suite.run(t, scripts...) })
	// Those that all others would notice, or that would notice them, come after them, one by one.
	t.Run("alone", func(t *testing.T) {
		for _, script := range alone {
			t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) { suite.run(t, script) })
		}
	})
	if len(left) > 0 {
		fmt.Printf("%d scripts not run, they need a cluster of ours: %s\n", len(left), strings.Join(left, ", "))
	}
	if suite.ran.Load() == 0 {
		t.Error("no script has the name that -run gives")
	}
	suite.nothingLeft(t)
}

func (s *suite) run(t *testing.T, scripts ...string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		Setup:               s.setup,
		Cmds:                s.commands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// scripts lists those that match; those that need a cluster of ours are left
// out, and named, where it is not.
func (s *suite) scripts(t *testing.T, pattern string) (run, left []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts match %s: %v", pattern, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !s.ours && strings.Contains(string(text), ownCluster) {
			left = append(left, strings.TrimSuffix(filepath.Base(file), ".txtar"))
			continue
		}
		run = append(run, file)
	}
	return run, left
}
