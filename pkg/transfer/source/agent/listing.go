package agent

import (
	"context"
	"io"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// listing is the result of List.
type listing struct{ *stream }

// Next implements transfer.Listing.
func (l *listing) Next() (transfer.Item, error) {
	frame, err := l.read()
	if err != nil {
		return transfer.Item{}, err
	}
	if frame.Kind != wire.KindNode {
		return transfer.Item{}, errUnasked
	}
	return itemOf(&frame.Node), nil
}

func itemOf(n *wire.Node) transfer.Item {
	return transfer.Item{
		Entry: localtree.Entry{
			Path:    n.Path,
			Type:    typeOf(n.Type),
			Mode:    n.Mode,
			Size:    n.Size,
			ModTime: n.ModTime,
			Changed: n.Changed,
			Stored:  n.Stored,
			Target:  n.Target,
			Inode:   localtree.Inode{Device: n.Device, Number: n.Inode},
			Recent:  n.Recent,
		},
		Refused: n.Refused, Skipped: n.Skipped,
	}
}

func typeOf(t wire.NodeType) localtree.Type {
	switch t {
	case wire.Directory:
		return localtree.Directory
	case wire.Regular:
		return localtree.File
	case wire.Symlink:
		return localtree.Symlink
	case wire.Other:
	}
	return ""
}

// List writes a list of entries that ReadList reads.
type List struct{ writer *wire.Writer }

// NewList starts a list that is written to out.
func NewList(out io.Writer, clock func() time.Time) *List {
	writer := wire.NewWriter(wire.Config{Now: clock})
	writer.Start(unflushed{out}, wire.Zstd)
	return &List{writer}
}

// Add writes one entry.
func (l *List) Add(item transfer.Item) error {
	e := &item.Entry
	return l.writer.Node(wire.Node{
		Type: nodeTypes[e.Type], Path: e.Path, Mode: e.Mode, Size: e.Size, ModTime: e.ModTime, Changed: e.Changed, Stored: e.Stored,
		Target: e.Target, Device: e.Inode.Device, Inode: e.Inode.Number, Refused: item.Refused,
		Skipped: item.Skipped, Recent: e.Recent,
	})
}

// Finish writes the end.
func (l *List) Finish() error { return l.writer.Finish() }

// Stop ends the list without its end frame, so that it is incomplete.
func (l *List) Stop() { l.writer.Stop() }

// ReadList reads what a List wrote.
func (s *Source) ReadList(ctx context.Context, in io.ReadCloser) transfer.Listing {
	ctx, cancel := context.WithCancelCause(ctx)
	return &listing{s.stream(&answered{in, ctx, cancel})}
}

// nodeTypes are those of the wire.
var nodeTypes = map[localtree.Type]wire.NodeType{ //nolint:gochecknoglobals // read only
	localtree.Directory: wire.Directory, localtree.File: wire.Regular, localtree.Symlink: wire.Symlink, "": wire.Other,
}

// unflushed is a wire.Destination without a buffer.
type unflushed struct{ io.Writer }

// Flush implements wire.Destination.
func (unflushed) Flush() error { return nil }
