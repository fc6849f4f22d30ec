package agent_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// TestMover runs the suite over a tunnel, with each codec.
func TestMover(t *testing.T) {
	agenttest.NeedLinux(t)
	codecs := []string{"auto", "zstd", "s2", "none"}
	if testing.Short() {
		codecs = codecs[:1]
	}
	for _, codec := range codecs {
		t.Run(codec, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Mover{Lists: true, Open: func(t *testing.T, root string) transfer.Source {
				t.Helper()
				return source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), codec)
			}})
		})
	}
}

func TestSubPaths(t *testing.T) {
	agenttest.NeedLinux(t)
	sourcetest.SubPaths(t, func(t *testing.T, root, sub string) transfer.Source {
		t.Helper()
		return source(t, agenttest.Start(t, root, server.Options{SubPath: sub}).Tunnel(t), "auto")
	})
}

// A sub-path that the job creates later is served then.
func TestSubPathThatComesLater(t *testing.T) {
	root := t.TempDir()
	s := source(t, agenttest.Start(t, root, server.Options{SubPath: "runs/8"}).Local(t), "auto")
	_, err := s.List(t.Context(), []string{"."})
	if _, ok := errors.AsType[*transfer.MissingPathError](err); !ok {
		t.Errorf("%v", err)
	}
	write(t, filepath.Join(root, "runs", "8", "f"), []byte("x"))
	if n := len(listed(t, s, ".")); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// Of a sub-path that is a file, nothing beside it is served, whatever is asked for.
func TestSubPathServesNothingBesideIt(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "f"), []byte("x"))
	write(t, filepath.Join(root, "other"), []byte("y"))
	s := source(t, agenttest.Start(t, root, server.Options{SubPath: "f"}).Local(t), "auto")
	files := opened(t, s, transfer.Want{Path: "f"}, transfer.Want{Path: "other"})
	if len(files) != 2 || files[0].Data != "x" || len(files[1].Data) != 0 {
		t.Errorf("%+v", files)
	}
	sums, err := s.Sums(t.Context(), []transfer.Prefix{{Path: "other", Length: -1}})
	if err != nil || sums[0].Length == 1 {
		t.Errorf("%+v, %v", sums, err)
	}
}
