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

// writable is what a directory needs while files are made in it.
const writable fs.FileMode = 0o700

// special are the bits that a directory keeps as they are here: a lab shares
// folders by setgid, which a new directory inherits.
const special = fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// directory is how a directory is left at the end. A tree may hold directories
// that their owner cannot write to, so modes come last, and times with them.
// There may be a million of them: it holds no more than it must.
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

// Directory makes the directory of entry, or takes the one that is there: of
// that its mode becomes no wider than it was, since it may be the user's own.
// Mode and time come with Finish.
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

// prepareDirectory is enter without opening p itself, which may never be written to.
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

// enter makes the directory p in parent, or makes the one that is there fit to
// be written to. One goroutine does, those that want the same wait for it.
// Without create it returns fs.ErrNotExist where there is none.
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
	t.dirs[strings.Clone(p)] = dir // p may be a part of something larger
	return nil
}

// admit makes the directory p, or lets its owner write to the one that is there.
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

// finishDirectories gives directories their modes and times, the deepest first: one that
// lost its permissions could not be passed any more.
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

// setModeAndTime gives one directory its mode and time. One that is gone needs none.
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
