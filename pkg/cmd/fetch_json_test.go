//go:build unix

package cmd

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

func trainTree() filetree.Tree {
	return filetree.Tree{"best": filetree.Symlink("model.pt"), "model.pt": filetree.File("12345"), "logs/a.txt": filetree.File("a"), "out": filetree.Symlink("../elsewhere")}
}

// inTheWay puts a directory into the place of a link of trainTree.
func inTheWay(t *testing.T) {
	t.Helper()
	if err := os.MkdirAll("train/best", 0o755); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, "train/best", filetree.Tree{"mine": filetree.File("mine")})
}

// The object describes what was copied also if something was skipped.
func TestFetchJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults), trainTree()))
	inTheWay(t)
	got := execute(t, cluster, "fetch", "train", "-o", "json")
	equal(t, localFiles(t), map[string]string{"train/model.pt": "12345", "train/logs/a.txt": "a", "train/best/mine": "mine"})
	if got.Status != 1 || !strings.Contains(got.Stderr, `error: could not copy "best"`) {
		t.Errorf("%+v", got)
	}
	t.Chdir(here)
	golden(t, "fetch-refused.json", got)
}

func TestFetchJSONOfSeveral(t *testing.T) {
	t.Chdir(t.TempDir())
	deleted := done("gone", 4*time.Hour, withResults, faketest.Labelled("team", "vision"))
	cluster := onThisMachine(
		fetchable(t, done("a", 3*time.Hour, withResults, faketest.Labelled("team", "vision")), filetree.Tree{"x": filetree.File("1")}),
		[]runtime.Object{deleted},
		fetchable(t, done("b", 2*time.Hour, withResults, faketest.Labelled("team", "vision")), filetree.Tree{"x": filetree.File("2")}),
		fetchable(t, done("c", 2*time.Hour, withResults), filetree.Tree{"x": filetree.File("3")}),
	)
	got := execute(t, cluster, "fetch", "-l", "team=vision", "-d", "all", "-o", "json")
	equal(t, localFiles(t), map[string]string{"all/a/x": "1", "all/b/x": "2"})
	if got.Status != 1 || !strings.Contains(got.Stderr, `error: gone: claim "gone-results" does not exist`) || !strings.HasSuffix(got.Stderr, "error: could not fetch 1 of 3 jobs: gone: claim \"gone-results\" does not exist in namespace \"lab\": the claim and its results were deleted\n") {
		t.Errorf("%+v", got)
	}
	t.Chdir(here)
	golden(t, "fetch-several.json", got)
}

// A selected job that has no volume is named with that reason, and the others are fetched.
func TestFetchOfSeveralWithoutVolume(t *testing.T) {
	t.Chdir(t.TempDir())
	team := faketest.Labelled("team", "vision")
	failed := faketest.Job("bad", withResults, team, faketest.Ended(batchv1.JobFailed, time.Hour, "BackoffLimitExceeded", "too many"))
	cluster := onThisMachine(
		fetchable(t, failed, filetree.Tree{"x": filetree.File("1")}),
		[]runtime.Object{done("big", time.Hour, team)},
	)
	got := execute(t, cluster, "fetch", "-l", "team=vision", "-d", "all")
	equal(t, localFiles(t), map[string]string{"all/bad/x": "1"})
	if want := "error: could not fetch 1 of 2 jobs: big: it has no volume"; got.Status != 1 || !strings.Contains(got.Stderr, want) || strings.Contains(got.Stderr, "failed: ") {
		t.Errorf("%+v; want %q", got, want)
	}
}

func TestFetchSentence(t *testing.T) {
	t.Chdir(t.TempDir())
	tree := trainTree()
	delete(tree, "out")
	delete(tree, "best")
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults), tree))
	want := func(want string, args ...string) {
		t.Helper()
		got := execute(t, cluster, append([]string{"fetch", "train"}, args...)...)
		if got.Status != 0 || got.Stdout != want {
			t.Errorf("%q: %+v; want %q", args, got, want)
		}
	}
	want("Fetched 2 files, 6 B in 0.0 s to ./train; every file verified\n")
	want("Up to date: 2 files, 6 B, in ./train\n")
	want("Fetched 1 file, 5 B in 0.0 s to ./some; every file verified\n", "-d", "some", "--include=*.pt")
	want("Fetched 1 file, 1 B in 0.0 s to ./some (1 already present); every file verified\n", "-d", "some")
}

// What is fetched, and what is not worth a try, of a namespace full of jobs.
func TestFetchUnfetched(t *testing.T) {
	t.Chdir(t.TempDir())
	tree := filetree.Tree{"x": filetree.File("x")}
	foreign := done("other", 3*time.Hour, withResults, faketest.OwnedBy("grace"))
	marked := fetchable(t, done("marked", 3*time.Hour, withResults, mine), tree)
	annotate(marked[1], provenance.FetchedAnnotation)
	empty := fetchable(t, done("empty", 3*time.Hour, withResults, mine), nil)
	annotate(empty[1], provenance.EmptyAnnotation)
	cluster := onThisMachine(
		fetchable(t, done("new", 3*time.Hour, withResults, mine), tree), marked, empty,
		fetchable(t, failed("broken", 2*time.Hour), tree), // not of anybody
		fetchable(t, foreign, tree),
		fetchable(t, done("had", time.Hour, withResults, mine, faketest.Marked(provenance.FetchedAnnotation, "2026-03-04T11:00:00Z"), faketest.Marked(provenance.FetchedByAnnotation, faketest.User)), tree),
		fetchable(t, faketest.Job("busy", withResults, mine, running), tree),
		[]runtime.Object{done("gone", time.Hour, withResults, mine), done("none", time.Hour, mine)},
	)
	got := execute(t, cluster, "fetch", "--unfetched")
	equal(t, localFiles(t), map[string]string{"new/x": "x"})
	equal(t, got, result{
		Stdout: "Fetched 1 file, 1 B in 0.0 s to ./new; every file verified\n",
		Stderr: "Note: the results will not be marked as fetched, because pod viewer-of-new mounts claim new-results and may write to it\n" +
			"Note: claim new-results can be used by only one pod; reading the files inside pod viewer-of-new, which mounts the claim\n",
	})
}

func annotate(object runtime.Object, key string) {
	if claim, ok := object.(*corev1.PersistentVolumeClaim); ok {
		markClaim(claim, key, "2026-03-04T11:00:00Z")
		markClaim(claim, provenance.FetchedByAnnotation, faketest.User)
	}
}

func TestFetchNothing(t *testing.T) {
	none := "{\n    \"items\": []\n}\n"
	for line, want := range map[string]result{
		"-l a=b":              {Stderr: "error: no jobs in namespace \"lab\" match the flags\n", Status: 1},
		"-l a=b -o json":      {Stdout: none, Stderr: "error: no jobs in namespace \"lab\" match the flags\n", Status: 1},
		"--unfetched":         {Stderr: "Nothing to fetch in namespace \"lab\": none of your finished jobs has unfetched results\n"},
		"--unfetched -o json": {Stdout: none, Stderr: "Nothing to fetch in namespace \"lab\": none of your finished jobs has unfetched results\n"},
	} {
		equal(t, execute(t, faketest.New(), append([]string{"fetch"}, strings.Fields(line)...)...), want)
	}
}

// Programs read every line of stderr.
func TestFetchEvents(t *testing.T) {
	t.Chdir(t.TempDir())
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults), trainTree()))
	inTheWay(t)
	got := execute(t, cluster, "fetch", "train", "--progress=json")
	var kinds []string
	for line := range strings.Lines(got.Stderr) {
		kind, ok := strings.CutPrefix(line, `{"event":"`)
		kind, _, _ = strings.Cut(kind, `"`)
		if !ok {
			t.Errorf("no event: %s", line)
		}
		if len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
	}
	equal(t, kinds, []string{"note", "waiting", "note", "progress", "done", "note", "error"})
	equal(t, got.Status, 1)
}

func TestFetchUnfetchedOfNobody(t *testing.T) {
	got := execute(t, faketest.New().As(""), "fetch", "--unfetched")
	if got.Status != 1 || got.Stderr != "error: --unfetched: the cluster does not report the name of the current user\n" {
		t.Errorf("%+v", got)
	}
	got = execute(t, faketest.New().Refuse("list", "jobs", errors.New("no")), "fetch", "-l", "a=b")
	if got.Status != 1 || got.Stderr != "error: listing jobs: no\n" {
		t.Errorf("%+v", got)
	}
}
