package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
)

// TreeOptions describe the directory of a Tree. Only Open is required.
type TreeOptions struct {
	// Open opens the directory, and creates it if it does not exist. It is called once,
	// for the first entry that is written or kept, and not for an empty tree. The caller
	// closes the directory after the last use of the Tree.
	Open func() (*os.Root, error)
	// OpenExisting opens the directory if it exists. Otherwise its error wraps
	// fs.ErrNotExist. It is called once, by the first method that only reads, unless Open
	// was called before. The caller closes the directory. If nil, nothing exists before
	// Open.
	OpenExisting func() (*os.Root, error)
	// Layout resolves absolute symlinks. Those that stay inside the tree become relative. Nil resolves none.
	Layout *Layout
	// Wanted reports whether a path was requested. Other paths are refused. Nil accepts all
	// paths. Several goroutines may call it at the same time.
	Wanted func(path string) bool
}

// Tree is a local directory that entries are written to. Its methods may be called at the
// same time. Their error is a *Refused if it concerns one entry only.
//
// The caller passes an entry to Validate first. The other methods expect its local form.
// Entries do not stay in memory, except directories. If the file system does not
// distinguish some names, all names stay in memory.
type Tree struct {
	options  TreeOptions
	name     string        // of the directory, once opened
	writable once[*folder] // to write to
	readable once[*folder] // to look at
	fold     folding       // valid once opened

	mu       sync.Mutex
	dirs     map[string]directory     // what was entered or named
	entering map[string]chan struct{} // closed after the attempt
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

// Open opens the directory for writing before the first entry. After that, Inspect can
// enter directories whose mode forbids it, as described there.
func (t *Tree) Open() error {
	_, err := t.openForWriting()
	return err
}

// openForWriting opens the directory for writing, at the first call.
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

// openForReading opens the directory for reading, at the first call; nil if it does not exist.
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

// reserveName records the spelling of p, or fails if an earlier name that the file system
// does not distinguish from p has another spelling.
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

// lockName prevents two goroutines from writing the same name at the same time.
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

// Finish sets the modes and times of the directories, the deepest first, and closes open
// directories. No other method may run at the same time. More entries may be written after
// it, followed by another Finish.
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
