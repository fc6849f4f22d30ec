package s3mirror

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// The objects beside the files.
const (
	indexName    = "kubectl-batch.index"
	manifestName = "kubectl-batch.sha256"
	lockName     = "kubectl-batch.lock"
)

// ownNames are those that no file can have at the top of a tree.
var ownNames = []string{indexName, manifestName, lockName} //nolint:gochecknoglobals // read only

const (
	// mostLine is how long a line of an index can be, in bytes: that of a file of 10,000 parts takes half.
	mostLine = 4 << 20
	// leastEntry is how many bytes an entry takes at least where the index is packed, and mostRatio how many times as
	// much an index is at most when it is unpacked. A few more are given to a short one.
	leastEntry, fewEntries = 2, 1000
	mostRatio, fewBytes    = 128, 1 << 20
)

// indexVersion changes with the meaning of the index; another one is not read.
const indexVersion = 1

// facts tell a file, at one source, from what it becomes.
type facts struct {
	Source  string    `json:"source,omitempty"`
	Size    int64     `json:"size,omitempty"`
	ModTime time.Time `json:"modTime,omitzero"`
	Changed time.Time `json:"changed,omitzero"`
}

func factsOf(source string, e *localtree.Entry) facts {
	return facts{source, e.Size, e.ModTime, e.Changed}
}

func (f facts) equal(g facts) bool {
	return f.Source == g.Source && f.Size == g.Size && f.ModTime.Equal(g.ModTime) && f.Changed.Equal(g.Changed)
}

// entry is what is known of one name.
type entry struct {
	Path string         `json:"path"`
	Type localtree.Type `json:"type"`
	Mode fs.FileMode    `json:"mode"`
	facts
	// Target is a symlink's text, Link the first name of a file of several.
	Target string `json:"target,omitempty"`
	Link   string `json:"link,omitempty"`
	// Evidence is that of the file when it was read.
	Evidence transfer.Evidence `json:"evidence,omitempty"`
	// SHA256 is empty where there is no object yet, or no file.
	SHA256 []byte `json:"sha256,omitempty"`
	ETag   string `json:"etag,omitempty"`
	// States are those of the SHA-256 after each part but the last, of so many bytes: a
	// copy from the bucket that was broken off goes on from there.
	Part   int64    `json:"part,omitempty"`
	States [][]byte `json:"states,omitempty"`
	// Planned says that an object of this name is, or will be, of a copy that has not ended.
	Planned bool `json:"planned,omitempty"`
	// Upload is, of such a copy, the parts that are there already.
	Upload *upload `json:"upload,omitempty"`
	// torn says that the object is of a file that changed as it was read.
	torn bool
}

// upload is an object on its way in parts.
type upload struct {
	ID string `json:"id"`
	facts
	Part int64 `json:"part"`
	// Evidence is that of the file when the first part was read.
	Evidence transfer.Evidence `json:"evidence,omitempty"`
	ETags    []string          `json:"etags,omitempty"`
	States   [][]byte          `json:"states,omitempty"`
	// SHA256 is of the whole file, once all parts are there: only their putting together is left.
	SHA256 []byte `json:"sha256,omitempty"`
}

// isStored reports whether the entry's object is whole.
func (e *entry) isStored() bool { return e != nil && len(e.SHA256) > 0 }

// matches reports whether an object is, as far as a list of them shows, what the entry says.
func (e *entry) matches(o object) bool { return e.ETag == o.etag && e.Size == o.size }

// index is what is known of a place, by path.
type index map[string]*entry

// indexHead is the first line of an index.
type indexHead struct {
	Version int `json:"version"`
}

// ErrNoIndex says that no copy has put anything at a place.
var ErrNoIndex = errors.New("no index found")

// readIndex reads the index at a place; ErrNoIndex where there is none.
func readIndex(ctx context.Context, store *s3.Store, location s3.Location) (index, error) {
	body, err := store.Get(ctx, location.Bucket, location.Key(indexName))
	if s3.Absent(err) {
		return nil, ErrNoIndex
	}
	if err != nil {
		return nil, transfer.Lost(err)
	}
	defer func() { _ = body.Close() }() // it was read
	x, err := parseIndex(body)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("reading %s: %w; if this file is damaged, delete it and repeat the fetch with --to and --force", location.At(indexName), transfer.Lost(err))
	}
	return x, err
}

// counted counts the bytes of a packed index as they come.
type counted struct {
	io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// errTooMuch says that no copy wrote an index: it holds more than what came of it can be packed from.
var errTooMuch = errors.New("its unpacked size exceeds what fetch writes")

// bounded is an unpacked index. Its limit grows with what has come of the packed one.
type bounded struct {
	unpacked io.Reader
	packed   *counted
	n        int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.unpacked.Read(p)
	if b.n += int64(n); b.n > fewBytes+mostRatio*b.packed.n {
		return 0, errTooMuch
	}
	return n, err
}

// parseIndex reads an index as it comes, and no more of it than its length allows for.
func parseIndex(source io.Reader) (index, error) {
	packed := &counted{Reader: source}
	text, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(&bounded{unpacked: text, packed: packed})
	lines.Buffer(nil, mostLine)
	var head indexHead
	lines.Scan()
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		return nil, errors.Join(err, lines.Err())
	}
	if head.Version != indexVersion {
		return nil, fmt.Errorf("unsupported version %d", head.Version)
	}
	x := index{}
	for lines.Scan() {
		e := &entry{}
		if err := json.Unmarshal(lines.Bytes(), e); err != nil {
			return nil, cmp.Or(lines.Err(), err) // a line that was cut is no line
		}
		if !e.sound() || x[e.Path] != nil {
			return nil, fmt.Errorf("path %q is invalid or occurs twice", e.Path)
		}
		if x[e.Path] = e; int64(len(x)) > fewEntries+packed.n/leastEntry {
			return nil, errTooMuch
		}
	}
	return x, lines.Err()
}

// sound reports whether the entry can be one that a copy wrote.
func (e *entry) sound() bool {
	return fs.ValidPath(e.Path) && e.Size >= 0 && (len(e.SHA256) == 0 || len(e.SHA256) == sha256.Size) && len(e.States) <= s3.MostParts && e.Upload.sound()
}

// sound reports whether the upload, if there is one, can be one that a copy wrote.
func (u *upload) sound() bool {
	return u == nil || u.ID != "" && len(u.ETags) <= s3.MostParts && len(u.States) <= s3.MostParts
}

// paths are sorted: a directory comes before what lies in it.
func (x index) paths() []string {
	paths := make([]string, 0, len(x))
	for p := range x {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

// text is the index as it lies in the bucket.
func (x index) text() ([]byte, error) {
	var text bytes.Buffer
	zip := gzip.NewWriter(&text)
	lines := json.NewEncoder(zip)
	err := lines.Encode(indexHead{indexVersion})
	for _, p := range x.paths() {
		err = errors.Join(err, lines.Encode(x[p]))
	}
	err = errors.Join(err, zip.Close())
	return text.Bytes(), err
}

// manifest is the list of sums of all files.
func (x index) manifest() []byte {
	var text bytes.Buffer
	for _, p := range x.paths() {
		if x[p].isStored() {
			text.WriteString(transfer.SumLine(x[p].SHA256, p))
		}
	}
	return text.Bytes()
}
