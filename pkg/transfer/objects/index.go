package objects

import (
	"bufio"
	"bytes"
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

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
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

// mostIndex is how much of an index is read, in bytes, and mostLine how long a line of it can be: that of
// a file of 10,000 parts takes half.
const mostIndex, mostLine = 4 << 30, 4 << 20

// indexVersion changes with the meaning of the index; another one is not read.
const indexVersion = 1

// facts tell a file, at one source, from what it becomes.
type facts struct {
	Source  string    `json:"source,omitempty"`
	Size    int64     `json:"size,omitempty"`
	ModTime time.Time `json:"modTime,omitzero"`
	Changed time.Time `json:"changed,omitzero"`
}

func factsOf(source string, e *archive.Entry) facts {
	return facts{source, e.Size, e.ModTime, e.Changed}
}

func (f facts) equal(g facts) bool {
	return f.Source == g.Source && f.Size == g.Size && f.ModTime.Equal(g.ModTime) && f.Changed.Equal(g.Changed)
}

// entry is what is known of one name.
type entry struct {
	Path string       `json:"path"`
	Type archive.Type `json:"type"`
	Mode fs.FileMode  `json:"mode"`
	facts
	// Target is a symlink's text, Link the first name of a file of several.
	Target string `json:"target,omitempty"`
	Link   string `json:"link,omitempty"`
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
	Part   int64    `json:"part"`
	ETags  []string `json:"etags,omitempty"`
	States [][]byte `json:"states,omitempty"`
}

// there reports whether the entry's object is whole.
func (e *entry) there() bool { return e != nil && len(e.SHA256) > 0 }

// is reports whether an object is, as far as a list of them shows, what the entry says.
func (e *entry) is(o object) bool { return e.ETag == o.etag && e.Size == o.size }

// index is what is known of a place, by path.
type index map[string]*entry

// indexHead is the first line of an index.
type indexHead struct {
	Version int `json:"version"`
}

// ErrNoIndex says that no copy has put anything at a place.
var ErrNoIndex = errors.New("there is no index")

// readIndex reads the index at a place; ErrNoIndex where there is none.
func readIndex(ctx context.Context, store *bucket.Store, at bucket.Location) (index, error) {
	body, err := store.Get(ctx, at.Bucket, at.Key(indexName))
	if bucket.Absent(err) {
		return nil, ErrNoIndex
	}
	if err != nil {
		return nil, transfer.Lost(err)
	}
	defer func() { _ = body.Close() }() // it was read
	known, err := parseIndex(body)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s cannot be read, or is of another version; without it a fetch begins anew: %w", at.At(indexName), transfer.Lost(err))
	}
	return known, err
}

func parseIndex(from io.Reader) (index, error) {
	text, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(io.LimitReader(text, mostIndex))
	lines.Buffer(nil, mostLine)
	var head indexHead
	lines.Scan()
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		return nil, errors.Join(err, lines.Err())
	}
	if head.Version != indexVersion {
		return nil, fmt.Errorf("version %d", head.Version)
	}
	known := index{}
	for lines.Scan() {
		one := &entry{}
		if err := json.Unmarshal(lines.Bytes(), one); err != nil {
			return nil, err
		}
		if !one.sound() {
			return nil, fmt.Errorf("%q is no path of a file", one.Path)
		}
		known[one.Path] = one
	}
	return known, lines.Err()
}

// sound reports whether the entry can be one that a copy wrote.
func (e *entry) sound() bool {
	return fs.ValidPath(e.Path) && e.Size >= 0 && (len(e.SHA256) == 0 || len(e.SHA256) == sha256.Size) && (e.Upload == nil || e.Upload.ID != "")
}

// paths are sorted: a directory comes before what lies in it.
func (x index) paths() []string {
	all := make([]string, 0, len(x))
	for p := range x {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
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
		if x[p].there() {
			text.WriteString(transfer.SumLine(x[p].SHA256, p))
		}
	}
	return text.Bytes()
}
