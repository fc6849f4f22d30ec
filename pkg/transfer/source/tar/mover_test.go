//go:build unix

package tar_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
)

func TestMover(t *testing.T) {
	for name, shell := range localexec.Shells(t) {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Mover{Open: func(_ *testing.T, root string) transfer.Source {
				return tar.New(shell(), locate, root)
			}})
		})
	}
}

func TestSubPaths(t *testing.T) {
	slowtest.Skip(t)
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			sourcetest.SubPaths(t, func(_ *testing.T, root, sub string) transfer.Source {
				return tar.New(executor, locate, root).Below(sub)
			})
		})
	}
}

// The root itself may be a file, as where a pod mounts one.
func TestRootThatIsAFile(t *testing.T) {
	root := remote(t, filetree.Tree{"model.pt": filetree.File("weights"), "other": filetree.File("other")})
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root+"/model.pt")
			if _, err := transfer.Fetch(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if got := filetree.Read(t, req.Dir); len(got) != 1 || got["model.pt"].Data != "weights" {
				t.Errorf("%v", got)
			}
		})
	}
}
