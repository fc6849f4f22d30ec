package transfer

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// receiptVersion is the version of the format. Only this version and the previous one are read. The records of the
// previous one have no evidence.
const receiptVersion, versionBefore = "3", "2"

// receipt records what fetches from one source wrote to one directory. It is a file with
// a record appended for each file, so that a process that is killed loses little. Without
// its receipt, a fetch is more careful, never less.
type receipt struct {
	path         string // empty: not kept
	head         string
	previousHead string // the head of the version before
	records      map[uint64]record
	file         *os.File
	out          *bufio.Writer
	stale        int // records in the file that others replaced
	err          error
}

// record is one file or symlink that a fetch wrote: a hash of its local metadata as the
// file system stored it (FAT rounds times to two seconds), and of its metadata at the source.
type record struct {
	Local, Remote uint64
	Evidence      Evidence
}

// recordSize is a record's length in the file: name, local, remote, evidence. sizeBefore is that of the
// version before.
const recordSize, sizeBefore = 25, 24

// openReceipt reads the receipt of dir and source in folder. It returns an empty one if the
// file is missing or damaged.
func openReceipt(folder, dir, source string) *receipt {
	head := func(version string) string {
		return fmt.Sprintf("kubectl-batch receipt %s %q %q\n", version, dir, source)
	}
	r := &receipt{head: head(receiptVersion), previousHead: head(versionBefore), records: map[uint64]record{}}
	if folder == "" {
		return r
	}
	key := sha256.Sum256([]byte(dir + "\x00" + source))
	r.path = filepath.Join(folder, fmt.Sprintf("%x.receipt", key[:16]))
	r.read()
	return r
}

func (r *receipt) read() {
	file, err := os.Open(r.path)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }() // only read from
	in := bufio.NewReaderSize(file, 64<<10)
	head, err := in.ReadString('\n')
	switch {
	case err == nil && head == r.head:
		r.readRecords(in, recordSize)
	case err == nil && head == r.previousHead:
		r.readRecords(in, sizeBefore)
		r.stale = math.MaxInt // its records are shorter: not to be appended to
	}
}

// readRecords reads records of size bytes. If size is recordSize, the last byte is the evidence.
func (r *receipt) readRecords(in io.Reader, size int) {
	raw := make([]byte, recordSize)
	for n := 0; ; n++ {
		if _, err := io.ReadFull(in, raw[:size]); err != nil {
			if r.stale = n - len(r.records); !errors.Is(err, io.EOF) {
				r.stale = math.MaxInt // a killed process left half a record: not to be appended to
			}
			return
		}
		r.records[binary.LittleEndian.Uint64(raw)] = record{
			binary.LittleEndian.Uint64(raw[8:]), binary.LittleEndian.Uint64(raw[16:]), Evidence(raw[recordSize-1]),
		}
	}
}

// wrote reports whether a fetch wrote local, and whether it was copied from the current
// state of entry.
func (r *receipt) wrote(entry localtree.Entry, local localtree.Local) (mine, unchanged bool) {
	rec, ok := r.records[xxh3.HashString(entry.Path)]
	mine = ok && rec.Local == localHash(local.Info, local.Target)
	return mine, mine && rec.Remote == remoteHash(entry)
}

// evidence returns the evidence for entry when a fetch last read it.
func (r *receipt) evidence(entry localtree.Entry) Evidence {
	return r.records[xxh3.HashString(entry.Path)].Evidence
}

// note records a file that was just written or found to be equal.
func (r *receipt) note(entry localtree.Entry, info fs.FileInfo, e Evidence) {
	if r.path == "" || info == nil {
		return
	}
	key, current := xxh3.HashString(entry.Path), record{localHash(info, entry.Target), remoteHash(entry), e}
	previous, ok := r.records[key]
	if ok && previous == current {
		return
	}
	if ok {
		r.stale++
	}
	r.records[key] = current
	r.write(key, current)
	if entry.Size > 1<<20 {
		r.flush() // worth more than a system call
	}
}

func localHash(info fs.FileInfo, target string) uint64 {
	if info.Mode()&fs.ModeSymlink != 0 {
		return xxh3.HashString("symlink " + target)
	}
	return xxh3.HashString(fmt.Sprintf("%t %d %d", info.Mode().IsRegular(), info.Size(), info.ModTime().UnixNano()))
}

func remoteHash(entry localtree.Entry) uint64 {
	if entry.Type == localtree.Symlink {
		return xxh3.HashString("symlink " + entry.Target)
	}
	changed := int64(0)
	if !entry.Changed.IsZero() {
		changed = entry.Changed.UnixNano()
	}
	return xxh3.HashString(fmt.Sprintf("%d %d %d", entry.Size, entry.ModTime.Unix(), changed))
}

func (r *receipt) write(key uint64, rec record) {
	if r.out == nil && r.err == nil {
		r.openForAppend()
	}
	if r.err != nil {
		return
	}
	raw := binary.LittleEndian.AppendUint64(make([]byte, 0, recordSize), key)
	raw = binary.LittleEndian.AppendUint64(raw, rec.Local)
	raw = binary.LittleEndian.AppendUint64(raw, rec.Remote)
	_, err := r.out.Write(append(raw, byte(rec.Evidence)))
	r.err = errors.Join(r.err, err)
}

// openForAppend opens the file to append to it. If more records are obsolete than valid, it
// writes a new file instead.
func (r *receipt) openForAppend() {
	if r.err = os.MkdirAll(filepath.Dir(r.path), 0o700); r.err != nil {
		return
	}
	if len(r.records) > 1 && r.stale < len(r.records) {
		if r.reopen(); r.err == nil {
			return
		}
	}
	r.renew()
}

// reopen opens the existing file to append to it.
func (r *receipt) reopen() {
	r.file, r.err = os.OpenFile(r.path, os.O_APPEND|os.O_WRONLY, 0o600)
	r.out = bufio.NewWriter(r.file)
}

// renew writes all records to a new file and renames it. It closes the file before that,
// because Windows cannot rename an open file.
func (r *receipt) renew() {
	r.file, r.err = os.CreateTemp(filepath.Dir(r.path), "new-*")
	if r.err != nil {
		return
	}
	r.out = bufio.NewWriter(r.file)
	_, r.err = r.out.WriteString(r.head)
	for key, rec := range r.records {
		r.write(key, rec)
	}
	r.flush()
	name := r.file.Name()
	if r.err = errors.Join(r.err, r.file.Close()); r.err == nil {
		r.err = os.Rename(name, r.path)
	}
	if r.err != nil {
		_ = os.Remove(name)
		r.file = nil
		return
	}
	r.reopen()
}

func (r *receipt) flush() {
	if r.out != nil {
		r.err = errors.Join(r.err, r.out.Flush())
	}
}

// close writes the remaining records and closes the file.
func (r *receipt) close() error {
	r.flush()
	if r.file != nil {
		r.err = errors.Join(r.err, r.file.Close())
	}
	if r.err != nil {
		return fmt.Errorf("writing the receipt: %w", r.err)
	}
	return nil
}
