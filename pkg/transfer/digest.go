package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Digest is a hash of a set of entries that does not depend on their order: the
// sum, modulo 2^256, of the SHA-256 of each. The names of one file can have any order,
// so that each is added as a file, with the smallest of the names. The zero value is the
// digest of no entries.
type Digest struct {
	sum    [4]uint64
	groups map[string]*group // first name -> names of one file
}

// group is a file of several names.
type group struct {
	entry localtree.Entry
	names []string
}

// Add adds an entry. A file with several names is added by Text.
func (d *Digest) Add(entry localtree.Entry) {
	if entry.Type == localtree.HardLink {
		d.group(entry.Target).names = append(d.group(entry.Target).names, entry.Path)
		return
	}
	if entry.Inode != (localtree.Inode{}) && entry.Type == localtree.File {
		d.group(entry.Path).entry = entry
		return
	}
	d.line(entry, entry.Target)
}

func (d *Digest) group(name string) *group {
	if d.groups == nil {
		d.groups = map[string]*group{}
	}
	if d.groups[name] == nil {
		d.groups[name] = &group{}
	}
	return d.groups[name]
}

func (d *Digest) line(entry localtree.Entry, target string) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %04o %d %d %q\n",
		entry.Path, entry.Type, entry.Mode, entry.Size, entry.ModTime.Unix(), target))
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(sum[8*i:]), carry)
	}
}

// Text returns the digest of all that was added, in hex.
func (d *Digest) Text() string {
	total := Digest{sum: d.sum}
	for name, g := range d.groups {
		total.addGroup(g, append([]string{name}, g.names...))
	}
	var raw [32]byte
	for i, word := range total.sum {
		binary.LittleEndian.PutUint64(raw[8*i:], word)
	}
	return hex.EncodeToString(raw[:])
}

func (d *Digest) addGroup(g *group, names []string) {
	least := ""
	if len(names) > 1 {
		least = names[0]
		for _, name := range names {
			least = min(least, name)
		}
	}
	for _, name := range names {
		g.entry.Path, g.entry.Type = name, localtree.File
		d.line(g.entry, least)
	}
}
