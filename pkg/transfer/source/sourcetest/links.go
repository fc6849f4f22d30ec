package sourcetest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// environment returns a tree such as "python -m venv" creates, with all kinds of symlinks that lead out.
func environment() filetree.Tree {
	return filetree.Tree{
		"venv/bin/python": filetree.Symlink("/usr/bin/python3"), "venv/bin/python3": filetree.Symlink("python"), "venv/lib/f": filetree.File("f"),
		"venv/lib64": filetree.Symlink("lib"), "up": filetree.Symlink("../up"), "mine": filetree.Symlink("/results/a"), "a": filetree.File("a"),
		"around": filetree.Symlink("venv/lib/../../a"),
	}
}

// outsideLinks tests that a symlink with a target on no claim is reported as skipped, and nothing is missing.
func outsideLinks(t *testing.T, m Mover) {
	req, _ := m.request(t, environment())
	result := Fetch(t, req, "")
	compare(t, []transfer.Refusal{
		{Path: "up", Reason: `symlink to "../up", which is not on this claim`},
		{Path: "venv/bin/python", Reason: `symlink to "/usr/bin/python3", which is not on this claim`},
	}, result.Skipped)
	if !result.Whole() || result.Digest == "" {
		t.Errorf("%+v", result)
	}
	want := environment()
	want["mine"], want["around"] = filetree.Symlink("a"), filetree.Symlink("a")
	delete(want, "up")
	delete(want, "venv/bin/python")
	compare(t, want, files(filetree.Read(t, req.Dir)))
	// A requested path is missing.
	req.Paths = []string{"venv/bin/python"}
	Fetch(t, req, `could not copy "venv/bin/python": symlink to "/usr/bin/python3", which is not on this claim`)
}

// files is a tree without its directories.
func files(tree filetree.Tree) filetree.Tree {
	for p, node := range tree {
		if node.Kind == "dir" {
			delete(tree, p)
		}
	}
	return tree
}

// keptLinks tests that symlinks that lead out are created unchanged. Nothing is written through them, also if the source
// later has a directory with that name.
func keptLinks(t *testing.T, m Mover) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths of this machine are no targets there")
	}
	outside := filetree.TempDir(t)
	filetree.Write(t, outside, filetree.Tree{"f": filetree.File("untouched"), "d": filetree.Dir()})
	untouched := filetree.Read(t, outside)
	tree := filetree.Tree{"a": filetree.File("a"), "s": filetree.Symlink("/results/a"), "up": filetree.Symlink("../up"), "x": filetree.Symlink(outside)}
	req, root := m.request(t, tree)
	req.KeepLinks = true
	want := filetree.Tree{"a": filetree.File("a"), "s": filetree.Symlink("a"), "up": filetree.Symlink("../up"), "x": filetree.Symlink(outside)}
	for _, wantKept := range []int{0, 4} {
		result := Fetch(t, req, "")
		compare(t, []int{wantKept, 0}, []int{result.Kept, len(result.Skipped)})
		compare(t, want, filetree.Read(t, req.Dir))
	}
	if err := os.Remove(filepath.Join(root, "x")); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, root, filetree.Tree{"x/f": filetree.File("theirs"), "x/d/new": filetree.File("theirs"), "x/h": filetree.Link("a"), "x/l": filetree.Symlink("f")})
	for _, req.Force = range []bool{false, true} {
		Fetch(t, req, `"x" is a symlink locally, but a directory is needed`)
		compare(t, want, filetree.Read(t, req.Dir))
		compare(t, untouched, filetree.Read(t, outside))
	}
}

// linksToOthers tests that the target of a symlink is missing if it is on the same claim and was not requested.
func linksToOthers(t *testing.T, m Mover) {
	tree := filetree.Tree{"0/f": filetree.File("0"), "0/other": filetree.Symlink("../1/f"), "1/f": filetree.File("1")}
	req, _ := m.request(t, tree)
	req.Paths = []string{"0"}
	result := Fetch(t, req, "could not copy")
	compare(t, []transfer.Refusal{{Path: "1/f", Reason: `target of symlink "0/other", but not requested`}}, result.Refused)
	compare(t, filetree.Symlink("../1/f"), filetree.Read(t, req.Dir)["0/other"])
	req.Paths = []string{"0", "1/f"}
	if !Fetch(t, req, "").Whole() {
		t.Error("something is missing")
	}
}

// linksOutOfSubPath tests a tree in a directory of a claim, with a symlink to another directory of it. The target is not
// fetched, also if the symlink is kept.
func linksOutOfSubPath(t *testing.T, m Mover) {
	for _, keep := range []bool{false, true} {
		req, _ := m.request(t, filetree.Tree{"f": filetree.File("f"), "d/l": filetree.Symlink("../../8/f"), "mine": filetree.Symlink("/data/f")})
		req.Layout, req.KeepLinks = localtree.NewLayout("runs/7", localtree.Mount{Path: "/data", Dir: "runs/7"}), keep
		result := Fetch(t, req, "could not copy")
		compare(t, []transfer.Refusal{
			{Path: "runs/8/f", Reason: `target of symlink "d/l", outside the fetched directory on the same claim`},
		}, result.Refused)
		got := filetree.Read(t, req.Dir)
		compare(t, filetree.Symlink("f"), got["mine"])
		compare(t, keep, got["d/l"] == filetree.Symlink("../../8/f"))
	}
}
