package s3relay

import (
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// mostSparse is how many times longer a piece with holes may be. It is limited because the piece may have no holes.
const mostSparse = 8

// large is a file that does not fit into one object.
type large struct {
	size int64
	// piece is the size of its pieces: larger if the file has holes, which are not stored.
	piece int64
}

// resize records a new size of a large file.
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

// end returns the end of the piece that contains offset. A short last piece is joined with the one before.
func (l large) end(offset int64) int64 {
	end := (offset/l.piece + 1) * l.piece
	if l.size-end < l.piece/2 {
		return l.size
	}
	return end
}

// sizeUp records a file that is large.
func (s *Source) sizeUp(item transfer.Item) {
	if item.Type != localtree.File || item.Size < s.Chunk*3/2 {
		return
	}
	// The positions of holes are not known, and not every file system reports their number.
	piece := s.Chunk * min(item.Size/max(item.Stored, s.Chunk), mostSparse)
	s.large[item.Path] = large{item.Size, max(piece, s.Chunk)}
}
