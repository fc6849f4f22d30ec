package tar

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// mute is an exec whose connection dies without a word after it said words.
type mute struct{ words func(nonce string) string }

func (m mute) Exec(ctx context.Context, _ transport.Container, argv []string, stdio transport.Stdio) error {
	if _, err := io.WriteString(stdio.Out, m.words(argv[4])); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func nowhere(context.Context) (transport.Container, error) { return transport.Container{}, nil }

func TestSilenceIsALostStream(t *testing.T) {
	for name, words := range map[string]func(string) string{
		"before the answer": func(string) string { return "" },
		"after it":          func(nonce string) string { return "kubectl-batch " + nonce + " plain\n" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				stream, err := New(mute{words}, nowhere, "/x").Open(t.Context(), []transfer.Want{{Path: "."}})
				if err == nil {
					_, err = stream.Next()
					defer func() { _ = stream.Close() }()
				}
				if _, ok := errors.AsType[*transfer.LostError](err); !ok {
					t.Errorf("want a LostError, got %v", err)
				}
				if waited := time.Since(begun); waited < silence || waited > silence+2*grace {
					t.Errorf("after %s", waited)
				}
			})
		})
	}
}
