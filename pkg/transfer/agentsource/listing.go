package agentsource

import (
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// listing is the answer to List.
type listing struct{ *stream }

// Next implements transfer.Listing.
func (l *listing) Next() (transfer.Item, error) {
	frame, err := l.next()
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
		Entry: archive.Entry{
			Path:    n.Path,
			Type:    typeOf(n.Type),
			Mode:    n.Mode,
			Size:    n.Size,
			ModTime: n.ModTime,
			Changed: n.Changed,
			Stored:  n.Stored,
			Target:  n.Target,
			Inode:   archive.Inode{Device: n.Device, Number: n.Inode},
		},
		Refused: n.Refused,
	}
}

func typeOf(t wire.NodeType) archive.Type {
	switch t {
	case wire.Directory:
		return archive.Directory
	case wire.Regular:
		return archive.File
	case wire.Symlink:
		return archive.Symlink
	case wire.Other:
	}
	return ""
}
