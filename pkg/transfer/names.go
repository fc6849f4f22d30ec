package transfer

import (
	"context"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// names are the files with several names. The first name that is listed becomes the file.
// The others become hard links after it was copied.
type names struct {
	firstNames map[localtree.Inode]string
	links      []localtree.Entry
	refused    map[string]string // first name -> why it was not copied
	// brought are hashes of the names of files that this pass has copied, if the source has no list. Such a source
	// names the target of a hard link itself, which could be any local file.
	brought map[uint64]struct{}
}

// addLink reports whether entry is another name of an earlier file. Then it is linked later.
func (n *names) addLink(entry *localtree.Entry) bool {
	if entry.Type != localtree.HardLink {
		if entry.Inode == (localtree.Inode{}) {
			return false
		}
		firstName, ok := n.firstNames[entry.Inode]
		if !ok {
			if n.firstNames == nil {
				n.firstNames = map[localtree.Inode]string{}
			}
			n.firstNames[entry.Inode] = entry.Path
			return false
		}
		entry.Type, entry.Target = localtree.HardLink, firstName
	}
	n.links = append(n.links, *entry)
	return true
}

// refuse records that a name was not copied: it may be the first name of a file with several.
func (n *names) refuse(path, reason string) {
	if n.refused == nil {
		n.refused = map[string]string{}
	}
	n.refused[path] = reason
}

// markPresent records that this pass has copied the file.
func (n *names) markPresent(path string) {
	if n.brought != nil {
		n.brought[xxh3.HashString(path)] = struct{}{}
	}
}

// isPresent reports whether a hard link to the file may be created.
func (n *names) isPresent(path string) bool {
	_, ok := n.brought[xxh3.HashString(path)]
	return ok || n.brought == nil
}

// link creates the hard links.
func (n *names) link(ctx context.Context, f *fetch) error {
	for _, entry := range n.links {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := n.createLink(ctx, f, entry); err != nil {
			if err := f.refused(entry.Path, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *names) createLink(ctx context.Context, f *fetch, entry localtree.Entry) error {
	if reason, ok := n.refused[entry.Target]; ok {
		return &localtree.Refused{Reason: fmt.Sprintf("hard link to %q, which could not be copied: %s", entry.Target, reason)}
	}
	if !n.isPresent(entry.Target) {
		return &localtree.Refused{Reason: fmt.Sprintf("hard link to %q, which this fetch did not copy", entry.Target)}
	}
	linked, err := f.tree.Linked(entry)
	if err != nil {
		return err
	}
	if linked {
		f.have(entry, true)
		return nil
	}
	local, err := f.tree.Inspect(entry)
	if err != nil {
		return err
	}
	if f.comparable(entry, local) {
		hashes := make([][16]byte, 2)
		target := entry
		target.Path = entry.Target
		if err := f.hashHere(ctx, []localtree.Entry{entry, target}, hashes); err != nil {
			return err
		}
		local.Differs = hashes[0] != hashes[1]
	}
	switch verdict := f.decide(entry, local); verdict.Action {
	case localtree.Refuse:
		return &localtree.Refused{Reason: verdict.Reason}
	case localtree.Keep:
		f.have(entry, true)
		return nil
	case localtree.Write:
	}
	outcome, err := f.tree.HardLink(entry)
	if err != nil {
		return err
	}
	f.receipt.note(entry, outcome.Local, EvidenceOf(entry, f.InUse))
	f.have(entry, false)
	return nil
}
