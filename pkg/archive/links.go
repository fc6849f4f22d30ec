package archive

import (
	"io/fs"
	"os"
)

// symlink makes the symlink of entry, whose target is already judged.
func (u *unpacking) symlink(entry Entry) (Outcome, error) {
	action, info, err := u.decide(entry)
	if err != nil || action == Keep {
		return Outcome{Verdict: Verdict{Action: Keep}, Local: info}, err
	}
	part, err := u.newPartial(entry)
	if err != nil {
		return Outcome{}, err
	}
	defer part.discard()
	if err := part.make(func() error { return part.dir.Symlink(entry.Target, part.name) }); err != nil {
		return Outcome{}, err
	}
	return part.commit()
}

// hardLink makes entry another name of the file that its target is, or a copy
// of it where the file system has no hard links.
func (u *unpacking) hardLink(entry Entry) (Outcome, error) {
	if info, ok := u.linked(entry); ok {
		return Outcome{Verdict: Verdict{Action: Keep}, Local: info}, nil
	}
	action, info, err := u.decide(entry)
	if err != nil || action == Keep {
		return Outcome{Verdict: Verdict{Action: Keep}, Local: info}, err
	}
	part, err := u.newPartial(entry)
	if err != nil {
		return Outcome{}, err
	}
	defer part.discard()
	if err := part.make(func() error { return u.link(entry.Target, partialName(entry.Path)) }); err != nil {
		return u.copyOf(entry)
	}
	return part.commit()
}

// linked reports whether both names are one file already. (Renaming one over
// the other would then do nothing, and leave the partial.)
func (u *unpacking) linked(entry Entry) (fs.FileInfo, bool) {
	one, err := u.root.Lstat(entry.Target)
	if err != nil {
		return nil, false
	}
	two, err := u.root.Lstat(entry.Path)
	return two, err == nil && os.SameFile(one, two)
}

func (u *unpacking) copyOf(entry Entry) (Outcome, error) {
	file, err := u.root.Open(entry.Target)
	if err != nil {
		return Outcome{}, localError(err)
	}
	defer func() { _ = file.Close() }() // only read from
	return u.write(entry, file)
}
