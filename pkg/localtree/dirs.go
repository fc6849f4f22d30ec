package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// writable are the permissions that a directory needs while files are created in it.
const writable fs.FileMode = 0o700

// special are the mode bits of a local directory that stay unchanged. For example, groups
// share directories with setgid, which a new directory inherits.
const special = fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// directory is the final mode and time of a directory. They are set at the end, because
// files must be created in directories that are not writable in the tree. There may be
// a million directories, so that the type has only the necessary fields.
type directory struct {
	seconds int64 // of the modification time
	nanos   int32
	mode    uint16
	state   state
}

type state uint8

const (
	entered state = 1 << iota // in this round
	created                   // it was not here before
	setMode                   // mode is to be set at the end
	setTime                   // so is the time: the source has named the directory
)

func (d directory) is(s state) bool { return d.state&s != 0 }

// Directory creates the directory of entry, or uses the existing one. An existing
// directory may belong to the user: it gets no permissions that it did not have.
// Finish sets mode and time.
func (t *Tree) Directory(entry Entry) (Outcome, error) {
	if err := t.reserveName(entry.Path); err != nil {
		return Outcome{}, err
	}
	w := t.borrow()
	defer t.giveBack(w)
	if err := w.prepareDirectory(entry.Path); err != nil {
		return Outcome{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	dir := t.dirs[entry.Path]
	action, mode := Write, uint16(entry.Mode.Perm())
	if !dir.is(created) {
		action, mode = Keep, mode&dir.mode
	}
	dir.mode = mode
	dir.seconds = entry.ModTime.Unix()
	dir.nanos = int32(entry.ModTime.Nanosecond())
	dir.state |= setMode | setTime
	t.dirs[strings.Clone(entry.Path)] = dir
	return Outcome{Verdict: Verdict{Action: action}}, nil
}

// prepareDirectory is enter without opening p itself, because no file may be written to it.
func (w *Worker) prepareDirectory(p string) error {
	if w.tree.entered(p) {
		return nil
	}
	parent, err := w.enter(path.Dir(p))
	if err != nil {
		return err
	}
	return w.tree.enter(parent, p, true)
}

func (t *Tree) entered(p string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dirs[p].is(entered)
}

// enter creates the directory p in parent, or makes the existing one writable. If several
// goroutines call it for the same directory, one does the work and the others wait.
// Without create, it returns fs.ErrNotExist if there is no directory.
func (t *Tree) enter(parent *folder, p string, create bool) error {
	for {
		t.mu.Lock()
		if t.dirs[p].is(entered) {
			t.mu.Unlock()
			return nil
		}
		wait, busy := t.entering[p]
		if !busy {
			t.entering[p] = make(chan struct{})
			t.mu.Unlock()
			break
		}
		t.mu.Unlock()
		<-wait
	}
	dir, err := admit(parent, p, create)
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.entering[p])
	delete(t.entering, p)
	if err != nil {
		return t.orRemoved(err)
	}
	previous := t.dirs[p]
	dir.state |= entered | previous.state&created
	t.dirs[strings.Clone(p)] = dir // without the copy, p could keep a larger string in memory
	return nil
}

// admit creates the directory p, or makes the existing one writable for its owner.
func admit(parent *folder, p string, create bool) (directory, error) {
	name, err := path.Base(p), fs.ErrNotExist
	if create {
		err = parent.mkdir(name, 0o777) // the umask decides
	}
	if err == nil {
		return directory{state: created}, nil
	}
	info, statErr := parent.lstat(name)
	switch {
	case errors.Is(statErr, fs.ErrNotExist) && !create:
		return directory{}, err
	case errors.Is(statErr, fs.ErrNotExist):
		return directory{}, localError(p, err)
	case statErr != nil:
		return directory{}, localError(p, statErr)
	case !info.IsDir():
		return directory{}, needed(p, info.Mode())
	}
	dir := directory{mode: uint16(info.Mode().Perm())}
	if mode := info.Mode() & (fs.ModePerm | special); mode&writable != writable {
		dir.state |= setMode
		if err := parent.chmod(name, mode|writable); err != nil {
			return dir, localError(p, err)
		}
	}
	return dir, nil
}

// finishDirectories sets the modes and times of directories, the deepest first: after a
// directory lost its permissions, those below it could not be reached.
func (t *Tree) finishDirectories() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.round.Add(1)
	w := t.Worker()
	defer w.Close()
	var errs []error
	for _, p := range slices.Backward(slices.Sorted(maps.Keys(t.dirs))) {
		dir := t.dirs[p]
		if dir.is(entered) && dir.is(setMode|setTime) {
			errs = append(errs, w.setModeAndTime(p, dir))
		}
		dir.state &= created
		t.dirs[p] = dir
	}
	return errors.Join(errs...)
}

// setModeAndTime sets the mode and time of one directory, if it still exists.
func (w *Worker) setModeAndTime(p string, dir directory) error {
	parent := w.tree.writable.value
	if above := path.Dir(p); above != "." {
		var err error
		if parent, err = w.walk(parent, above); err != nil {
			return tolerateGone(err)
		}
	}
	info, err := parent.lstat(path.Base(p))
	switch {
	case err != nil:
		return tolerateGone(err)
	case !info.IsDir():
		return fmt.Errorf("the local directory %q was replaced by %s while files were written to it", p, describe(info.Mode()))
	}
	var errs error
	if dir.is(setTime) {
		errs = tolerate(parent.chtimes(path.Base(p), time.Unix(dir.seconds, int64(dir.nanos))))
	}
	if perm := fs.FileMode(dir.mode); dir.is(setMode) && info.Mode().Perm() != perm {
		errs = errors.Join(errs, tolerate(parent.chmod(path.Base(p), info.Mode()&special|perm)))
	}
	if errs = tolerateGone(errs); errs != nil {
		return fmt.Errorf("setting the mode and time of the local directory %q: %w", p, bare(errs))
	}
	return nil
}
