package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
)

// TreeOptions says what a Tree fills. Only Open is required.
type TreeOptions struct {
	// Open gives the directory, and makes it where it is missing. It is called
	// once, for the first entry that is written or kept; for an empty tree never.
	// The caller closes it once the Tree is done with.
	Open func() (*os.Root, error)
	// OpenExisting gives the directory if it is there already, and an error that wraps
	// fs.ErrNotExist if not. It is called once, by the first method that only
	// looks, unless Open was called before. The caller closes it. Nil: before Open
	// everything is absent.
	OpenExisting func() (*os.Root, error)
	// Layout says what absolute symlinks lead to: those that stay inside become relative ones. Nil knows of none.
	Layout *Layout
	// Wanted reports whether a path was asked for; what was not is refused. Nil
	// wants everything. It may be called by several goroutines at a time.
	Wanted func(path string) bool
}

// Tree is one local directory that is being filled. Its methods may be called by
// several goroutines at a time. Their errors are a *Refused where the entry
// alone is at fault.
//
// An entry is handed to Judge first; the other methods expect its local form.
// Of an entry that is written nothing stays in memory, but of a directory and,
// where the file system takes several names for one, of every name.
type Tree struct {
	options  TreeOptions
	name     string        // of the directory, once opened
	writable once[*folder] // to write to
	readable once[*folder] // to look at
	fold     folding       // valid once opened

	mu       sync.Mutex
	dirs     map[string]directory     // what was entered or named
	entering map[string]chan struct{} // closed once it was tried
	busy     map[string]struct{}      // names that are being made
	spare    []*Worker                // for the methods of the Tree itself
	round    atomic.Int64             // grows with each Finish

	// What the local file system can do; tests put a lesser one in their place.
	probe func(*os.Root) (folds, error)
	link  func(base, source, destination *folder, target, newPath string) error
}

// NewTree returns a Tree that touches nothing yet.
func NewTree(options TreeOptions) *Tree {
	return &Tree{
		options: options, probe: probeFolding, link: linkIn,
		dirs: map[string]directory{}, entering: map[string]chan struct{}{}, busy: map[string]struct{}{},
	}
}

// once is sync.OnceValues that can be asked whether it was called.
type once[T any] struct {
	sync.Once
	done  atomic.Bool
	value T
	err   error
}

func (o *once[T]) get(f func() (T, error)) (T, error) {
	o.Do(func() {
		o.value, o.err = f()
		o.done.Store(true)
	})
	return o.value, o.err
}

// Open opens the directory to write to now, and not for the first entry: from
// then on Look opens for the time being what is shut by its mode.
func (t *Tree) Open() error {
	_, err := t.openForWriting()
	return err
}

// openForWriting opens the directory to write to.
func (t *Tree) openForWriting() (*folder, error) {
	return t.writable.get(func() (*folder, error) {
		root, err := t.options.Open()
		if err != nil {
			return nil, err
		}
		t.name = root.Name()
		if t.fold.folds, err = t.probe(root); err != nil {
			return nil, err
		}
		if t.fold.folds != (folds{}) {
			t.fold.spellings = map[string]string{}
		}
		return openFolder(root)
	})
}

// openForReading opens the directory to look at; nil where there is none.
func (t *Tree) openForReading() (*folder, error) {
	if t.writable.done.Load() {
		return t.openForWriting()
	}
	return t.readable.get(func() (*folder, error) {
		if t.options.OpenExisting == nil {
			return nil, nil //nolint:nilnil // nothing is there
		}
		root, err := t.options.OpenExisting()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil //nolint:nilnil // nothing is there
		case err != nil:
			return nil, fmt.Errorf("reading the local directory: %w", err)
		}
		return openFolder(root)
	})
}

// reserveName takes the spelling of p for the one that this directory has, and says
// where it has another one.
func (t *Tree) reserveName(p string) error {
	if err := checkValidated(p); err != nil {
		return err
	}
	if _, err := t.openForWriting(); err != nil || t.fold.spellings == nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fold.record(p)
}

// lockName keeps two goroutines from making the same name at a time.
func (t *Tree) lockName(p string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.busy[p]; ok {
		return refuse("listed twice")
	}
	t.busy[p] = struct{}{}
	return nil
}

func (t *Tree) unlockName(p string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, p)
}

// Finish gives the directories their modes and times, the deepest first, and
// frees what the Tree holds open. No other method may run meanwhile; entries
// may be made again after it, and then want another Finish.
func (t *Tree) Finish() error {
	t.mu.Lock()
	spare := t.spare
	t.spare = nil
	t.mu.Unlock()
	for _, w := range spare {
		w.Close()
	}
	if !t.writable.done.Load() || t.writable.value == nil {
		return nil // nothing was made
	}
	return t.finishDirectories()
}
