//go:build unix

package tarsource_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/movertest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/tarsource"
)

func TestMover(t *testing.T) {
	for name, shell := range localexec.Shells(t) {
		t.Run(name, func(t *testing.T) {
			movertest.Run(t, movertest.Mover{Open: func(_ *testing.T, root string) transfer.Source {
				return tarsource.New(shell(), locate, root)
			}})
		})
	}
}
