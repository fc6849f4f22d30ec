package server

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// facts are the metadata of a file at one moment.
type facts struct {
	mode              fs.FileMode
	size              int64
	stored            int64 // bytes on disk: less than size if the file has holes
	modified, changed time.Time
}

// matches reports whether nothing shows that the file changed from f to other.
func (f facts) matches(later facts) bool {
	return f.size == later.size && f.modified.Equal(later.modified) && f.changed.Equal(later.changed)
}

// folders opens files. It keeps the directory of the last file open, because the next
// file is usually in the same directory.
type folders struct {
	root       *os.Root
	singleFile string // the only file that may be opened; "" for all
	path       string
	current    folder
	open       bool
}

// openDirectory returns the directory at a path.
func (f *folders) openDirectory(name string) (folder, error) {
	if f.open && f.path == name {
		return f.current, nil
	}
	f.close()
	dir, err := openFolder(f.root, name)
	if err != nil {
		return folder{}, err
	}
	f.path = name
	f.current = dir
	f.open = true
	return dir, nil
}

func (f *folders) close() {
	if f.open {
		_ = f.current.Close()
		f.open = false
	}
}

// irregularError says that an entry exists but is not a regular file.
type irregularError struct{ mode fs.FileMode }

func (e *irregularError) Error() string { return "no longer a regular file, now " + kindOf(e.mode) }

// regular opens a regular file.
func (f *folders) regular(full string) (file, facts, error) {
	if f.singleFile != "" && full != f.singleFile {
		return file{}, facts{}, fs.ErrNotExist
	}
	parent, name := path.Split(full)
	dir, err := f.openDirectory(path.Clean(parent))
	if err != nil {
		return file{}, facts{}, err
	}
	opened, err := dir.open(name)
	if err != nil {
		return file{}, facts{}, err
	}
	current, err := opened.readFacts()
	if err == nil && !current.mode.IsRegular() {
		err = &irregularError{current.mode}
	}
	if err != nil {
		opened.close()
		return file{}, facts{}, err
	}
	return opened, current, nil
}

// failure returns the frame that reports err for the file at index.
func failure(index int, err error) wire.Failure {
	f := wire.Failure{Index: index, Code: wire.Unreadable, Text: cannotRead(err)}
	switch {
	case absent(err):
		f.Code, f.Text = wire.Gone, "no longer exists"
	case errors.Is(err, fs.ErrPermission):
		f.Code = wire.Permission
	default:
		if irregular, ok := errors.AsType[*irregularError](err); ok {
			f.Code, f.Text = wire.NotRegular, irregular.Error()
		}
	}
	return f
}
