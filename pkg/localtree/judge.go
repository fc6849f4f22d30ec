package localtree

import "io/fs"

// Validate refuses an entry that cannot be written to any directory, and converts the
// names of entry to their local form. It refuses the root of the tree, because a source
// does not send it. An *OutsideError says that entry is a symlink that leads out of the
// tree. Then its Target is unchanged.
func (t *Tree) Validate(entry *Entry) error {
	name, err := localName(entry.Path)
	if err != nil {
		return err
	}
	entry.Path = name
	switch {
	case t.options.Wanted != nil && !t.options.Wanted(name):
		return refuse("not requested")
	case entry.Size < 0:
		return refuse("invalid size %d", entry.Size)
	case entry.Type == HardLink:
		entry.Target, err = firstName(entry.Target)
	case entry.Type == Symlink:
		return t.validateLink(entry)
	case entry.Type != File && entry.Type != Directory:
		return refuse("is %s", unheldKind(entry.Target))
	}
	return err
}

func (t *Tree) validateLink(entry *Entry) error {
	text, err := t.options.Layout.LinkTarget(entry.Path, entry.Target)
	if err == nil {
		entry.Target = text
	}
	return err
}

// checkValidated refuses a path that did not go through Validate, because system calls
// would follow a ".." in it.
func checkValidated(p string) error {
	if p == "." || !fs.ValidPath(utf8Form(p)) {
		return refuse("invalid path %q", p)
	}
	return nil
}

// firstName is the name of the file that a hard link is another name of.
func firstName(target string) (string, error) {
	name, err := localName(target)
	if err != nil {
		return "", refuse("hard link to %q, which could not be copied: %v", target, err)
	}
	return name, nil
}

func unheldKind(words string) string {
	if words == "" {
		return "not a file, directory or link"
	}
	return words
}
