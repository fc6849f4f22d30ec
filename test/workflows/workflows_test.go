// Package workflows_test holds the rules for the files in .github, which no compiler checks.
package workflows_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// root is the root directory of the repository.
const root = "../.."

type workflow struct {
	Permissions map[string]string `json:"permissions"`
	Jobs        map[string]job    `json:"jobs"`
}

type job struct {
	Needs       any               `json:"needs"`
	Minutes     int               `json:"timeout-minutes"`
	Permissions map[string]string `json:"permissions"`
	Uses        string            `json:"uses"`
	Strategy    struct {
		Matrix struct {
			Image  []string `json:"image"`
			Target []string `json:"target"`
		} `json:"matrix"`
	} `json:"strategy"`
	Steps []struct {
		Uses string `json:"uses"`
	} `json:"steps"`
}

// workflows returns the text of every workflow by its file name.
func workflows(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	texts := map[string]string{}
	for _, file := range files {
		texts[filepath.Base(file)] = read(t, file)
	}
	return texts
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestActionsArePinned: a tag can be moved to other code, a commit cannot.
func TestActionsArePinned(t *testing.T) {
	// The line of each step that names its action, a commit of it, and the tag of that commit in a comment.
	pinned := regexp.MustCompile(`(?m)^ +(?:- )?uses: ([\w.-]+/[\w./-]+@[0-9a-f]{40}) # v\d+(?:\.\d+)*$`)
	for file, text := range workflows(t) {
		var w workflow
		parse(t, text, &w)
		var pins []string
		for _, match := range pinned.FindAllStringSubmatch(text, -1) {
			pins = append(pins, match[1])
		}
		for name, job := range w.Jobs {
			uses := []string{job.Uses}
			for _, step := range job.Steps {
				uses = append(uses, step.Uses)
			}
			for _, action := range uses {
				if action != "" && !slices.Contains(pins, action) {
					t.Errorf("%s, job %s: %s is not pinned: write OWNER/NAME@COMMIT # TAG", file, name, action)
				}
			}
		}
		if lines := strings.Count(text, "uses:"); lines != len(pins) {
			t.Errorf("%s: %d of %d lines with \"uses:\" are pinned", file, len(pins), lines)
		}
	}
}

// TestJobsAreLimited: a job gets no token and no time beyond what it says that it needs.
func TestJobsAreLimited(t *testing.T) {
	for file, text := range workflows(t) {
		var w workflow
		parse(t, text, &w)
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: the workflow must have permissions: {}", file)
		}
		for name, job := range w.Jobs {
			if job.Minutes == 0 {
				t.Errorf("%s, job %s has no timeout-minutes", file, name)
			}
			if job.Permissions == nil {
				t.Errorf("%s, job %s has no permissions", file, name)
			}
		}
	}
}

// TestJobsWaitForLint: the quick job runs before all others.
func TestJobsWaitForLint(t *testing.T) {
	var ci workflow
	parse(t, workflows(t)["ci.yml"], &ci)
	if len(ci.Jobs) < 2 {
		t.Fatalf("%d jobs", len(ci.Jobs))
	}
	for name, job := range ci.Jobs {
		if name == "lint" {
			continue
		}
		if job.Needs != "lint" {
			t.Errorf("job %s needs %v, want lint", name, job.Needs)
		}
	}
}

// TestTargetsExist: every make target that a workflow runs is in the Makefile.
func TestTargetsExist(t *testing.T) {
	makefile := read(t, filepath.Join(root, "Makefile"))
	for file, text := range workflows(t) {
		var targets []string
		for _, match := range regexp.MustCompile(`(?m)^ +(?:- )?run:.*\bmake ([a-z0-9-]+)`).FindAllStringSubmatch(text, -1) {
			targets = append(targets, match[1])
		}
		var w workflow
		parse(t, text, &w)
		for _, job := range w.Jobs {
			targets = append(targets, job.Strategy.Matrix.Target...)
		}
		if len(targets) == 0 {
			t.Errorf("%s runs no target of make", file)
		}
		for _, target := range targets {
			if !strings.Contains(makefile, "\n"+target+":") {
				t.Errorf("%s runs make %s, which the Makefile does not have", file, target)
			}
		}
	}
}

// TestSupportedRangeIsTested: job kind runs the oldest and the newest Kubernetes that README.md names, and the
// Kubernetes of test/cluster is one of the two.
func TestSupportedRangeIsTested(t *testing.T) {
	supported := regexp.MustCompile(`Kubernetes (1\.\d+) to (1\.\d+)`).FindStringSubmatch(read(t, filepath.Join(root, "README.md")))
	if supported == nil {
		t.Fatal(`README.md does not say "Kubernetes 1.X to 1.Y"`)
	}
	var ci workflow
	parse(t, workflows(t)["ci.yml"], &ci)
	var tested []string
	for _, image := range ci.Jobs["kind"].Strategy.Matrix.Image {
		version := regexp.MustCompile(`^kindest/node:v(1\.\d+)\.\d+@sha256:[0-9a-f]{64}$`).FindStringSubmatch(image)
		if version == nil {
			t.Fatalf("node image %s: want kindest/node:vX.Y.Z@sha256:DIGEST", image)
		}
		tested = append(tested, version[1])
	}
	if !slices.Equal(tested, supported[1:]) {
		t.Errorf("README.md says Kubernetes %v, job kind runs %v", supported[1:], tested)
	}
	// One file of modules for each version that test/cluster can run.
	files, err := filepath.Glob(filepath.Join(root, "test/cluster/components/kubernetes/go*.mod"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Kubernetes in test/cluster: %v", err)
	}
	for _, file := range files {
		cluster := regexp.MustCompile(`k8s\.io/kubernetes v(1\.\d+)\.`).FindStringSubmatch(read(t, file))
		if cluster == nil || !slices.Contains(supported[1:], cluster[1]) {
			t.Errorf("README.md says Kubernetes %v, %s has %v", supported[1:], file, cluster)
		}
	}
}

// TestDependabotUpdatesEveryModule: a module that it does not know gets no security updates.
func TestDependabotUpdatesEveryModule(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directory   string   `json:"directory"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	parse(t, read(t, filepath.Join(root, ".github/dependabot.yml")), &config)
	updated := map[string]bool{}
	actions := false
	for _, update := range config.Updates {
		actions = actions || update.Ecosystem == "github-actions"
		if update.Ecosystem != "gomod" {
			continue
		}
		if update.Directory != "" {
			update.Directories = append(update.Directories, update.Directory)
		}
		for _, pattern := range update.Directories {
			directories, err := filepath.Glob(filepath.Join(root, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, directory := range directories {
				updated[directory] = true
			}
		}
	}
	if !actions {
		t.Error("dependabot.yml has no github-actions")
	}
	for _, directory := range modules(t) {
		if !updated[directory] {
			t.Errorf("dependabot.yml does not name the module in %s", directory)
		}
	}
}

// modules returns the directories that hold a go.mod.
func modules(t *testing.T) []string {
	t.Helper()
	var directories []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if entry != nil && entry.Name() == "go.mod" {
			directories = append(directories, filepath.Dir(path))
		}
		return err
	})
	if err != nil || len(directories) < 3 {
		t.Fatalf("modules %v: %v", directories, err)
	}
	return directories
}
