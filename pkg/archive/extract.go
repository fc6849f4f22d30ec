package archive

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path"
)

// Extraction says where a tar stream is unpacked and what the caller wants to
// know and to decide of it. Only Open is required.
type Extraction struct {
	// Open gives the directory to unpack into. It is called once, for the first
	// entry that has a valid name; for an empty tree never. The caller closes it.
	Open func() (*os.Root, error)
	// Mount is the absolute path at which the tree's writers saw its root: absolute
	// symlinks below it become relative ones. Empty means that all are refused.
	Mount string
	// Wanted reports whether a path was asked for; what was not is refused. Nil
	// wants everything.
	Wanted func(path string) bool
	// Decide judges an entry in whose place a regular file or a symlink lies.
	// Nil refuses. Directories, devices and the like are never replaced.
	Decide func(Entry, Local) Verdict
	// Visit is told of every entry but the root once it is done with.
	Visit func(Entry, Outcome)
	// Progress is told how many bytes of content came or were skipped since the last call.
	Progress func(path string, bytes int64)
}

// StreamError says that the stream could not be read or is no tar stream. The
// entries before it are unpacked.
type StreamError struct{ Err error }

// Error implements error.
func (e *StreamError) Error() string { return "reading the archive: " + e.Err.Error() }

// Unwrap returns what the stream's reader or package archive/tar said.
func (e *StreamError) Unwrap() error { return e.Err }

// Run unpacks the tar stream r to the end of the archive, which is not yet the
// end of r. It returns a *StreamError, ctx's error, or what the local file
// system said where going on is of no use (a full disk). It leaves no partial
// file behind, and in every case gives the directories their modes and times.
func (x Extraction) Run(ctx context.Context, r io.Reader) error {
	return newUnpacking(x).run(ctx, r)
}

func newUnpacking(x Extraction) *unpacking {
	return &unpacking{
		Extraction: x.withDefaults(),
		probe:      probeFolding,
		known:      map[string]known{},
		dirs:       map[string]*directory{},
		buffer:     make([]byte, copySize),
	}
}

func (u *unpacking) run(ctx context.Context, r io.Reader) error {
	err := errors.Join(u.all(tar.NewReader(&cancelReader{ctx, r})), u.finishDirs())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (x Extraction) withDefaults() Extraction {
	if x.Wanted == nil {
		x.Wanted = func(string) bool { return true }
	}
	if x.Decide == nil {
		x.Decide = func(Entry, Local) Verdict { return Verdict{Reason: "something of that name is here"} }
	}
	if x.Visit == nil {
		x.Visit = func(Entry, Outcome) {}
	}
	if x.Progress == nil {
		x.Progress = func(string, int64) {}
	}
	return x
}

// unpacking is one run of an Extraction.
type unpacking struct {
	Extraction
	root   *os.Root // nil before the first valid entry
	fold   folding
	known  map[string]known      // every name that is no directory
	dirs   map[string]*directory // every directory that was entered
	buffer []byte

	open     *os.Root // the directory that was written to last
	openPath string

	// What the local file system can do; tests put a lesser one in their place.
	probe func(*os.Root) (folding, error)
	link  func(oldname, newname string) error
}

// known is what a later hard link or a second entry of the name must know.
type known struct {
	entry   Entry  // as it came, before its target was rewritten
	refused string // why it is not here; empty: it is here
}

// cancelReader ends reads, and with them the unpacking, when ctx is done.
type cancelReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func (u *unpacking) all(stream *tar.Reader) error {
	for {
		hdr, err := stream.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return &StreamError{err}
		case isRoot(hdr) || hdr.Typeflag == tar.TypeXGlobalHeader:
			continue
		}
		if err := u.one(hdr, stream); err != nil {
			return err
		}
	}
}

// one unpacks one entry; a refusal is an outcome, not an error.
func (u *unpacking) one(hdr *tar.Header, content io.Reader) error {
	entry := newEntry(hdr)
	outcome, err := u.unpack(&entry, hdr, content)
	var no refusal
	switch {
	case errors.As(err, &no):
		outcome = Outcome{Verdict: Verdict{Action: Refuse, Reason: no.Error()}}
	case err != nil:
		return err
	}
	u.remember(entry, hdr, outcome)
	u.Visit(entry, outcome)
	return nil
}

func (u *unpacking) unpack(entry *Entry, hdr *tar.Header, content io.Reader) (Outcome, error) {
	if err := u.judge(entry, hdr); err != nil {
		return Outcome{}, err
	}
	if err := u.begin(); err != nil {
		return Outcome{}, err
	}
	if err := u.fold.claim(entry.Path); err != nil {
		return Outcome{}, err
	}
	if entry.Type == Directory {
		return u.directory(*entry)
	}
	if err := u.enter(path.Dir(entry.Path)); err != nil {
		return Outcome{}, err
	}
	switch entry.Type {
	case Symlink:
		return u.symlink(*entry)
	case HardLink:
		return u.hardLink(*entry)
	default:
		return u.file(*entry, content)
	}
}

// begin opens the directory to unpack into.
func (u *unpacking) begin() error {
	if u.root != nil {
		return nil
	}
	root, err := u.Open()
	if err != nil {
		return err
	}
	if u.fold, err = u.probe(root); err != nil {
		return err
	}
	u.root = root
	if u.link == nil {
		u.link = root.Link
	}
	return nil
}
