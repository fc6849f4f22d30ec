package s3relay

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// headBytes is how many bytes of an object are read for its list of files. A list of a thousand
// files has a tenth of that.
const headBytes = 512 << 10

// learning is how many of these reads run at the same time.
const learning = 16

// leftovers are objects that were packed and not read, by this or an earlier process.
type leftovers struct {
	mu     sync.Mutex // held while learnAll adds objects
	files  map[string]place
	pieces map[string][]piece
}

// place is the position of a small file.
type place struct {
	object *object
	index  int
	// unchanged says that the file has not changed since it was packed.
	unchanged bool
}

type object struct {
	name  string
	items []transfer.Item
}

// piece is an object that contains a piece of a large file.
type piece struct {
	name       string
	start, end int64
	item       transfer.Item
	unchanged  bool
}

// findLeftovers lists the objects that are in the bucket already, at the first call.
func (s *Source) findLeftovers(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leftovers != nil {
		return nil
	}
	l := &leftovers{files: map[string]place{}, pieces: map[string][]piece{}}
	if s.Resume {
		if err := s.learnAll(ctx, l); err != nil {
			return err
		}
	}
	s.leftovers = l
	return nil
}

// learnAll reads the lists of all objects, several at a time: for a terabyte there are 16,000.
func (s *Source) learnAll(ctx context.Context, l *leftovers) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(learning)
	for stored, err := range s.Store.List(inner, s.At.Bucket, s.At.Prefix+"/") {
		if err != nil {
			return cmp.Or(group.Wait(), err)
		}
		group.Go(func() error { return s.learn(inner, l, strings.TrimPrefix(stored.Key, s.At.Prefix+"/")) })
	}
	return group.Wait()
}

// learn reads the list of the object name. It ignores an object without a valid list.
func (s *Source) learn(ctx context.Context, l *leftovers, name string) error {
	if !strings.HasPrefix(name, "files-") && !strings.HasPrefix(name, "piece-") {
		return nil // the index, or an object of another program
	}
	head, err := s.Store.Beginning(ctx, s.At.Bucket, s.At.Key(name), headBytes)
	if s3.Absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	items, err := agent.Head(bytes.NewReader(head))
	if err != nil || len(items) == 0 {
		return nil // it is packed again
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := piece{name: name, item: items[0]}
	if n, _ := fmt.Sscanf(name, "piece-%d-%d", &p.start, &p.end); n == 2 {
		l.pieces[p.item.Path] = append(l.pieces[p.item.Path], p)
		return nil
	}
	packed := &object{name, items}
	for i, item := range items {
		l.files[item.Path] = place{object: packed, index: i}
	}
	return nil
}

// giveBack records an object that was packed and not read to its end.
func (s *Source) giveBack(m *making) {
	if m.err != nil || m.stored || s.bucketOnly {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leftovers == nil {
		return
	}
	if m.end > 0 {
		want := m.wants[0]
		s.leftovers.pieces[want.Path] = append(s.leftovers.pieces[want.Path], piece{name: m.name, start: want.Offset, end: m.end, unchanged: true})
		return
	}
	packed := &object{name: m.name}
	for i, want := range m.wants {
		if want.Offset > 0 {
			return // it starts within a file, and the next attempt may need another offset
		}
		packed.items = append(packed.items, transfer.Item{Entry: localtree.Entry{Path: want.Path, Type: localtree.File}})
		s.leftovers.files[want.Path] = place{packed, i, true}
	}
}

// see compares the current state of a file with its packed content. With bucketOnly, there is no agent, so that the
// pieces of a recent file are used too.
func (l *leftovers) see(current transfer.Item, bucketOnly bool) {
	if p, ok := l.files[current.Path]; ok {
		packed := p.object.items[p.index]
		p.unchanged = !packed.Recent && unchanged(packed, current) // the times of a recent file prove nothing
		l.files[current.Path] = p
	}
	for i, p := range l.pieces[current.Path] {
		l.pieces[current.Path][i].unchanged = (bucketOnly || !p.item.Recent) && unchanged(p.item, current)
	}
}

func unchanged(packed, current transfer.Item) bool {
	return packed.Type == current.Type && packed.Size == current.Size && packed.ModTime.Equal(current.ModTime) && packed.Changed.Equal(current.Changed)
}

func (l *leftovers) has(path string) bool { return l != nil && l.files[path].unchanged }

// takeFiles returns the first files of wants that are in one object in the same order, and their
// number. Unless keep is set, it removes them from the leftovers, so that the next attempt packs a
// new object.
func (l *leftovers) takeFiles(wants []transfer.Want, keep bool) (segment, int) {
	if !l.has(wants[0].Path) || wants[0].Offset > 0 { // a part of it exists locally, so that less is transferred without the object
		return segment{}, 0
	}
	source := l.files[wants[0].Path].object
	lastIndex := -1
	n := 0
	g := segment{name: source.name, stored: true, taken: map[int]bool{}}
	for ; n < len(wants); n++ {
		p := l.files[wants[n].Path]
		if !p.unchanged || p.object != source || p.index <= lastIndex || wants[n].Offset > 0 {
			break
		}
		g.taken[p.index], lastIndex = true, p.index
		if !keep {
			delete(l.files, wants[n].Path)
		}
	}
	for _, item := range source.items {
		g.wants = append(g.wants, transfer.Want{Path: item.Path})
	}
	return g, n
}

// piece returns the object that holds a large file from there to end, and takes it away.
func (l *leftovers) piece(path string, start, end int64, keep bool) (piece, bool) {
	if l == nil {
		return piece{}, false
	}
	for i, p := range l.pieces[path] {
		if p.unchanged && p.start <= start && p.end == end {
			if !keep {
				l.pieces[path] = append(l.pieces[path][:i:i], l.pieces[path][i+1:]...)
			}
			return p, true
		}
	}
	return piece{}, false
}
