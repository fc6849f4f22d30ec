//go:build unix

package tar_test

import (
	archivetar "archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/tarproof"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// sends is an Executor that plays the script with an empty tree, then does as told.
func sends(status int, rest func(ctx context.Context, stdio transport.Stdio) error) script {
	return func(ctx context.Context, argv []string, stdio transport.Stdio) error {
		nonce := argv[4]
		_, _ = fmt.Fprintln(stdio.Out, "kubectl-batch", nonce, "sha256")
		var archive bytes.Buffer
		if err := archivetar.NewWriter(&archive).Close(); err != nil {
			return err
		}
		trailer := fmt.Sprintf("kubectl-batch-end %s %d %x", nonce, status, sha256.Sum256(archive.Bytes()))
		if _, err := fmt.Fprintf(stdio.Out, "%s%-*s\n", archive.Bytes(), tarproof.EndSize-1, trailer); err != nil {
			return err
		}
		return rest(ctx, stdio)
	}
}

// TestAnswer holds the source to waiting for what comes after its answer: the
// last messages. What exec says after the proof must not matter.
func TestAnswer(t *testing.T) {
	late := func(_ context.Context, stdio transport.Stdio) error {
		line, err := bufio.NewReader(stdio.In).ReadString('\n')
		_, _ = fmt.Fprintf(stdio.Err, "got %q, %v\n", line, err)
		return errors.New("connection reset")
	}
	messages := []string{`got "\n", <nil>`}
	tests := map[int]transfer.Proof{
		0: {Hashed: true, Messages: messages},
		2: {Hashed: true, Messages: messages, Status: 2},
	}
	for status, want := range tests {
		stream, err := tar.New(sends(status, late), locate, "/").Open(t.Context(), []transfer.Want{{Path: "."}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		if diff := cmp.Diff(want, stream.Proof()); diff != "" {
			t.Error("-want +got:\n", diff)
		}
		_ = stream.Close()
	}
}

// TestCloseCancels closes a stream whose program neither reads, writes nor ends.
func TestCloseCancels(t *testing.T) {
	hang := func(ctx context.Context, _ transport.Stdio) error {
		<-ctx.Done()
		return ctx.Err()
	}
	source := tar.New(sends(0, hang), locate, "/")
	source.SetGrace(50 * time.Millisecond)
	stream, err := source.Open(t.Context(), []transfer.Want{{Path: "."}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	_ = stream.Close()
}
