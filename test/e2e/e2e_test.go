//go:build e2e

// Package e2e runs the scripts in testdata against a real cluster, as a user
// would: `kubectl batch ...` through the real kubectl, with the plugin on PATH
// and no rights but those of ClusterRole edit in one namespace.
package e2e

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// ownCluster is the line by which a script says that it needs a cluster of ours:
// one whose volumes and nodes it may arrange.
const ownCluster = "# needs a cluster of ours"

// promisesOnly is the flag by which `make test` runs only the scripts that have promiseLine.
var promisesOnly = flag.Bool("promises", false, "run only the scripts that show a promise of the README")

// promiseLine begins the line by which a script says which promise of the README it shows. Each promise has one script.
const promiseLine = "# promise: "

// slowLine begins the line by which a script says why it takes long. Such scripts start first, so that nothing waits
// for them at the end.
const slowLine = "# slow: "

func TestScripts(t *testing.T) {
	suite := newSuite(t)
	scripts, skipped := suite.scripts(t, "testdata/*.txtar")
	alone, skippedAlone := suite.scripts(t, "testdata/alone/*.txtar")
	skipped = append(skipped, skippedAlone...)
	t.Run("group", func(t *testing.T) { suite.runTogether(t, scripts) })
	// Those that all others would notice, or that would notice them, come after them, one by one.
	t.Run("alone", func(t *testing.T) {
		for _, script := range alone {
			t.Run(scriptName(script), func(t *testing.T) { suite.run(t, script) })
		}
	})
	if len(skipped) > 0 {
		fmt.Printf("%d scripts not run, they need a cluster of ours: %s\n", len(skipped), strings.Join(skipped, ", "))
	}
	if suite.ran.Load() == 0 {
		t.Error("no script has the name that -run gives")
	}
	suite.nothingLeft(t)
}

// runTogether runs scripts side by side, as many as the budget has room for, and returns when the pods of all are gone.
func (s *suite) runTogether(t *testing.T, scripts []string) {
	t.Helper()
	s.budget = s.newBudget(t)
	slices.SortStableFunc(scripts, func(a, b string) int { return cmp.Compare(header(t, b, slowLine), header(t, a, slowLine)) })
	for _, file := range scripts {
		s.cpu[scriptName(file)] = declaredCPU(t, file)
	}
	var running sync.WaitGroup
	for _, file := range scripts {
		free, err := s.budget.reserve(t.Context(), s.cpu[scriptName(file)])
		check(t, err)
		running.Go(func() {
			t.Run(scriptName(file), func(t *testing.T) { s.run(t, file) })
			namespace, _ := s.namespaceOf.Load(scriptName(file))
			free(namespace)
		})
	}
	running.Wait()
	check(t, s.budget.waitForAll(t.Context()))
}

// header returns what follows the beginning of a line in a script, "" where it has no such line.
func header(t *testing.T, file, beginning string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	check(t, err)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, beginning); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func scriptName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txtar") }

func (s *suite) run(t *testing.T, script string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Files:               []string{script},
		Setup:               s.setup,
		Cmds:                s.commands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// scripts lists those that match; those that need a cluster of ours are left
// out, and named, where it is not.
func (s *suite) scripts(t *testing.T, pattern string) (run, skipped []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts match %s: %v", pattern, err)
	}
	for _, file := range files {
		switch {
		case *promisesOnly && header(t, file, promiseLine) == "":
		case !s.ours && header(t, file, ownCluster) != "":
			skipped = append(skipped, scriptName(file))
		default:
			run = append(run, file)
		}
	}
	return run, skipped
}
