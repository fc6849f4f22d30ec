package archive

import (
	"archive/tar"
	"path"
)

// judge refuses what can be refused without a look at the local directory, and
// puts the names of entry into their local form.
func (u *unpacking) judge(entry *Entry, hdr *tar.Header) error {
	name, err := localName(hdr.Name)
	if err != nil {
		return err
	}
	entry.Path = name
	switch before, twice := u.known[name]; {
	case !u.Wanted(name):
		return refuse("it was not asked for")
	case entry.Type == "":
		return refuse("it is %s", kind(hdr.Typeflag))
	case twice && before.refused == "":
		return refuse("the stream names it twice")
	case entry.Type == HardLink:
		return u.resolve(entry)
	case entry.Type == Symlink:
		entry.Target, err = linkTarget(name, hdr.Linkname, u.Mount)
	}
	return err
}

// resolve turns a hard link into what it is another name of.
func (u *unpacking) resolve(entry *Entry) error {
	first, err := localName(entry.Target)
	if err != nil {
		return refuse("it is a hard link to %q, which was refused: %v", entry.Target, err)
	}
	origin, ok := u.known[first]
	switch {
	case !ok:
		return refuse("it is a hard link to %q, which the stream did not bring", first)
	case origin.refused != "":
		return refuse("it is a hard link to %q, which was refused: %s", first, origin.refused)
	}
	entry.Mode, entry.Size, entry.ModTime, entry.Target = origin.entry.Mode, origin.entry.Size, origin.entry.ModTime, first
	if origin.entry.Type != Symlink {
		return nil
	}
	// Another name of a symlink: its text leads elsewhere from here, so judge it anew.
	entry.Type = Symlink
	entry.Target, err = linkTarget(entry.Path, origin.entry.Target, u.Mount)
	return err
}

func (u *unpacking) remember(entry Entry, hdr *tar.Header, outcome Outcome) {
	if entry.Type == Directory {
		return
	}
	if before, ok := u.known[entry.Path]; ok && before.refused == "" {
		return // the first of two entries is the one that is here
	}
	if entry.Type == Symlink {
		entry.Target = u.text(hdr)
	}
	u.known[entry.Path] = known{entry: entry, refused: outcome.Reason}
}

// text is the symlink's text as the stream had it; hdr may be another name of one.
func (u *unpacking) text(hdr *tar.Header) string {
	if hdr.Typeflag == tar.TypeLink {
		return u.known[path.Clean(hdr.Linkname)].entry.Target
	}
	return hdr.Linkname
}
