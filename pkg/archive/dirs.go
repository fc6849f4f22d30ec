package archive

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"time"
)

// writable is what a directory needs while files are made in it.
const writable fs.FileMode = 0o700

// directory is how a directory is left at the end. A tree may hold directories
// that their owner cannot write to, so modes come last, and times with them.
type directory struct {
	mode    fs.FileMode
	setMode bool
	modTime time.Time
	named   bool // the stream has an entry of it, so that its time is known
	created bool // it was not here before
}

// directory makes the directory of entry, or takes the one that is there.
func (u *unpacking) directory(entry Entry) (Outcome, error) {
	if err := u.enter(entry.Path); err != nil {
		return Outcome{}, err
	}
	dir := u.dirs[entry.Path]
	action, mode := Write, entry.Mode
	if !dir.created {
		action, mode = Keep, entry.Mode&dir.mode // it may be the user's own: no wider than it was
	}
	dir.mode, dir.setMode, dir.modTime, dir.named = mode, true, entry.ModTime, true
	return Outcome{Verdict: Verdict{Action: action}}, nil
}

// enter makes sure that p and all above it are real directories, no symlinks,
// that files can be made in.
func (u *unpacking) enter(p string) error {
	if p == "." || u.dirs[p] != nil {
		return nil
	}
	if err := u.enter(path.Dir(p)); err != nil {
		return err
	}
	info, err := u.root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return u.mkdir(p)
	case err != nil:
		return localError(err)
	case !info.IsDir():
		return refuse("%q is %s here, where a directory is needed", p, describe(info.Mode()))
	}
	dir := &directory{mode: info.Mode().Perm()}
	if dir.mode&writable != writable {
		dir.setMode = true
		if err := u.root.Chmod(p, dir.mode|writable); err != nil {
			return localError(err)
		}
	}
	u.dirs[p] = dir
	return nil
}

// in opens the directory p, which was entered, and holds it open until another
// is wanted: a stream goes through its directories one by one, and looking up a
// path takes a system call for each of its parts.
func (u *unpacking) in(p string) (*os.Root, error) {
	if p == "." {
		return u.root, nil
	}
	if u.open != nil && u.openPath == p {
		return u.open, nil
	}
	dir, err := u.root.OpenRoot(p)
	if err != nil {
		return nil, localError(err)
	}
	u.shut()
	u.open, u.openPath = dir, p
	return dir, nil
}

func (u *unpacking) shut() {
	if u.open != nil {
		_ = u.open.Close()
		u.open = nil
	}
}

func (u *unpacking) mkdir(p string) error {
	if err := u.root.Mkdir(p, 0o777); err != nil {
		return localError(err)
	}
	u.dirs[p] = &directory{created: true}
	return nil
}

// finishDirs gives directories their modes and times, the deepest first: one
// that lost its permissions could not be passed any more.
func (u *unpacking) finishDirs() error {
	u.shut()
	var errs []error
	for _, p := range slices.Backward(slices.Sorted(maps.Keys(u.dirs))) {
		dir := u.dirs[p]
		if dir.named {
			errs = append(errs, tolerate(u.root.Chtimes(p, time.Time{}, dir.modTime)))
		}
		if dir.setMode {
			errs = append(errs, tolerate(u.root.Chmod(p, dir.mode)))
		}
	}
	return errors.Join(errs...)
}

// describe names what lies at a path, for people.
func describe(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode.IsRegular():
		return "a file"
	case mode&fs.ModeSymlink != 0:
		return "a symlink"
	}
	return "neither file nor directory"
}
