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

// The names of the objects besides the files.
const (
	indexName    = "kubectl-batch.index"
	manifestName = "kubectl-batch.sha256"
	lockName     = "kubectl-batch.lock"
)

// ownNames are the names that no file can have at the top of a tree.
var ownNames = []string{indexName, manifestName, lockName} //nolint:gochecknoglobals // read only

const (
	// mostLine is the maximum length of a line of an index in bytes: twice that of a file with 10,000 parts.
	mostLine = 4 << 20
	// leastEntry is the minimum size of an entry in the compressed index, and mostRatio the maximum compression ratio.
	// fewEntries and fewBytes are added to both limits.
	leastEntry, fewEntries = 2, 1000
	mostRatio, fewBytes    = 128, 1 << 20
)

// indexVersion is the version of the format. Other versions are not read.
const indexVersion = 1

// facts identify one state of a file at one source.
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

// entry describes one name.
type entry struct {
	Path string         `json:"path"`
	Type localtree.Type `json:"type"`
	Mode fs.FileMode    `json:"mode"`
	facts
	// Target is the text of a symlink, and Link the first name of a file with several names.
	Target string `json:"target,omitempty"`
	Link   string `json:"link,omitempty"`
	// Evidence is the evidence for the file when it was read.
	Evidence transfer.Evidence `json:"evidence,omitempty"`
	// SHA256 is empty if there is no object yet, or the entry is not a file.
	SHA256 []byte `json:"sha256,omitempty"`
	ETag   string `json:"etag,omitempty"`
	// States are the states of the SHA-256 after each part except the last. Part is the size
	// of the parts. An interrupted copy from the bucket resumes at these offsets.
	Part   int64    `json:"part,omitempty"`
	States [][]byte `json:"states,omitempty"`
	// Planned says that a copy that has not ended has created this object, or will do so.
	Planned bool `json:"planned,omitempty"`
	// Upload is the multipart upload of such a copy.
	Upload *upload `json:"upload,omitempty"`
	// torn says that the file changed while the object was sent.
	torn bool
}

// upload is an incomplete multipart upload.
type upload struct {
	ID string `json:"id"`
	facts
	Part int64 `json:"part"`
	// Evidence is the evidence for the file when the first part was read.
	Evidence transfer.Evidence `json:"evidence,omitempty"`
	ETags    []string          `json:"etags,omitempty"`
	States   [][]byte          `json:"states,omitempty"`
	// SHA256 is of the whole file. It is set when all parts are stored, so that only the upload must be completed.
	SHA256 []byte `json:"sha256,omitempty"`
}

// isStored reports whether the entry's object is complete.
func (e *entry) isStored() bool { return e != nil && len(e.SHA256) > 0 }

// matches reports whether an object in a list has the ETag and size of the entry.
func (e *entry) matches(o object) bool { return e.ETag == o.etag && e.Size == o.size }

// index are the entries of a location, by path.
type index map[string]*entry

// indexHead is the first line of an index.
type indexHead struct {
	Version int `json:"version"`
}

// ErrNoIndex says that there is no index at a location.
var ErrNoIndex = errors.New("no index found")

// readIndex reads the index at a location. The error is ErrNoIndex if there is none.
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

// counted counts the bytes of a compressed index.
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

// errTooMuch says that an index was not written by a copy, because it exceeds the maximum compression ratio.
var errTooMuch = errors.New("its unpacked size exceeds what fetch writes")

// bounded is a decompressed index. Its limit grows with the bytes read from the compressed one.
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

// parseIndex reads an index as a stream. It stops if the decompressed size is too large for the compressed size.
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
			return nil, cmp.Or(lines.Err(), err) // after a read error, the line may be incomplete
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

// paths returns the paths in order: a directory comes before its contents.
func (x index) paths() []string {
	paths := make([]string, 0, len(x))
	for p := range x {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

// text returns the index in the format of the bucket.
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

// manifest returns the list of the sums of all files.
func (x index) manifest() []byte {
	var text bytes.Buffer
	for _, p := range x.paths() {
		if x[p].isStored() {
			text.WriteString(transfer.SumLine(x[p].SHA256, p))
		}
	}
	return text.Bytes()
}
