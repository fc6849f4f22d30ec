package s3relay

import (
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// mostSparse is how many times as long as others a piece with holes may be: at worst it has none.
const mostSparse = 8

// large is a file that does not fit into one object.
type large struct {
	size int64
	// piece is what of it goes into one: more where there are holes, which take no room.
	piece int64
}

// resize takes into account that a large file has another size by now.
func (s *Source) resize(path string, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if file := s.large[path]; size >= s.Chunk*3/2 {
		file.size = size
		s.large[path] = file
	} else {
		delete(s.large, path)
	}
}

// end is where the piece ends that from is in. A short one at the end goes with the one before.
func (l large) end(offset int64) int64 {
	end := (offset/l.piece + 1) * l.piece
	if l.size-end < l.piece/2 {
		return l.size
	}
	return end
}

// sizeUp decides whether a file is large.
func (s *Source) sizeUp(item transfer.Item) {
	if item.Type != localtree.File || item.Size < s.Chunk*3/2 {
		return
	}
	// Where a file has holes is not known, nor does every file system say how many.
	piece := s.Chunk * min(item.Size/max(item.Stored, s.Chunk), mostSparse)
	s.large[item.Path] = large{item.Size, max(piece, s.Chunk)}
}
