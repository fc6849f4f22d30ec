package s3relay

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// segment is the content of one object, or the requested part of it.
type segment struct {
	// name is the name of the object below the prefix of the fetch.
	name string
	// wants are the files in it, in their order. taken has the indices of the requested ones;
	// nil for all of them.
	wants []transfer.Want
	taken map[int]bool
	// end is the end of the piece of a large file, 0 for whole files. size is the size of
	// the large file.
	end, size int64
	// skip is how many bytes of a piece exist locally.
	skip int64
	// stored says that the object is in the bucket already.
	stored bool
}

// isLast reports whether the file ends with the segment.
func (g *segment) isLast() bool { return g.end == g.size }

// cut divides wants into segments. It uses objects that are in the bucket already.
func (s *Source) cut(wants []transfer.Want) (segments []segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(wants) > 0 {
		if stored, n := s.leftovers.takeFiles(wants, s.bucketOnly); n > 0 {
			segments, wants = append(segments, stored), wants[n:]
			continue
		}
		if file, ok := s.large[wants[0].Path]; ok {
			segments = append(segments, s.pieces(wants[0], file)...)
			wants = wants[1:]
			continue
		}
		n := 1
		for n < len(wants) && s.large[wants[n].Path].size == 0 && !s.leftovers.has(wants[n].Path) {
			n++
		}
		n = agent.Fits(wants[:n])
		segments = append(segments, segment{name: s.name("files"), wants: wants[:n]})
		wants = wants[n:]
	}
	return segments
}

// pieces cuts a large file at fixed offsets, so that a later process can use the same
// objects.
func (s *Source) pieces(want transfer.Want, file large) (pieces []segment) {
	size, start := file.size, want.Offset
	if start >= size {
		start = 0 // the partial file is complete but was not renamed: it is transferred again
	}
	for start < size {
		end := file.end(start)
		piece := segment{wants: []transfer.Want{{Path: want.Path, Offset: start}}, end: end, size: size}
		if stored, ok := s.leftovers.piece(want.Path, start, end, s.bucketOnly); ok {
			piece.name, piece.stored = stored.name, true
			piece.skip, piece.wants[0].Offset = start-stored.start, stored.start
		} else {
			piece.name = s.name(pieceName(start, end))
		}
		pieces, start = append(pieces, piece), end
	}
	return pieces
}

// name returns a name for a new object.
func (s *Source) name(kind string) string {
	return fmt.Sprintf("%s-%s-%06d", kind, s.run, s.number.Add(1))
}

// pieceName returns the start of the name of a piece of a file.
func pieceName(start, end int64) string { return fmt.Sprintf("piece-%d-%d", start, end) }
