package tar

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Locate returns the container to run in. It is called for every stream, so that it
// can replace a helper pod that was lost.
type Locate func(ctx context.Context) (transport.Container, error)

// Source sends the tree at one directory of a container. It implements
// transfer.Source.
type Source struct {
	exec    transport.Executor
	locate  Locate
	root    string
	sub     string
	silence time.Duration
	grace   time.Duration
}

// New returns the Source of the directory root, an absolute path in the
// container that locate finds.
func New(exec transport.Executor, locate Locate, root string) *Source {
	return &Source{exec: exec, locate: locate, root: root, silence: silence, grace: grace}
}

// Below returns the Source of a directory or file in the root, relative and clean; ""
// is all of it. No symlink leads out of the root.
func (s *Source) Below(sub string) *Source {
	below := *s
	below.sub = sub
	return &below
}

// Open implements transfer.Source. Other errors are a *NoToolsError and the errors of
// Locate.
func (s *Source) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	paths := make([]string, len(wants))
	for i, want := range wants {
		if paths[i] = want.Path; !fs.ValidPath(strings.ToValidUTF8(want.Path, "?")) || strings.ContainsRune(want.Path, 0) {
			return nil, fmt.Errorf("path %q is outside the source directory", want.Path)
		}
	}
	container, err := s.locate(ctx)
	if err != nil {
		return nil, err
	}
	nonce := rand.Text()
	stream := s.start(ctx, container, argv(nonce, s.root, s.sub, paths))
	if err := s.readAnswer(stream, nonce, paths); err != nil {
		_ = stream.Close()
		return nil, err
	}
	return newContents(stream), nil
}

// readAnswer reads the script's first line and prepares the stream for the tar bytes.
func (s *Source) readAnswer(stream *stream, nonce string, paths []string) error {
	answer, err := stream.answer(nonce)
	if err != nil {
		return err
	}
	switch answer.word {
	case "sha256", "plain":
		stream.expect(nonce, answer.word == "sha256")
		stream.began, stream.skips = answer.began(), answer.skipped()
		return nil
	case "missing":
		return answer.missing(paths)
	case "nosub":
		return &transfer.MissingPathError{Paths: []string{"."}}
	case "nofile":
		return &transfer.MissingPathError{Paths: paths}
	case "outside":
		return fmt.Errorf("cannot open %q: a symlink in it leads outside the volume", s.sub)
	case "irregular":
		return fmt.Errorf("cannot open %q: not a directory or regular file", s.sub)
	case "notar":
		return &NoToolsError{Tool: "tar"}
	}
	stream.dismiss()
	return fmt.Errorf("opening %q in the container: %s", s.root, strings.Join(stream.messages.lines(), "; "))
}

// List implements transfer.Source. tar cannot list: it returns ErrNoList.
func (s *Source) List(context.Context, []string) (transfer.Listing, error) {
	return nil, transfer.ErrNoList
}

// Sums implements transfer.Source. tar has no hashes: it returns ErrNoList.
func (s *Source) Sums(context.Context, []transfer.Prefix) ([]transfer.Sum, error) {
	return nil, transfer.ErrNoList
}
