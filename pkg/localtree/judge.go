package localtree

import "io/fs"

// Validate refuses what can be refused without a look at the directory, and puts
// the names of entry into their local form. A source leaves the root of the
// tree itself out: as a name it is refused. An *OutsideError says that entry is a
// symlink which leads out of the tree: its Target is then as it was.
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

// checkValidated refuses a path that Judge cannot have passed: system calls would take
// its ".." as it is.
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
