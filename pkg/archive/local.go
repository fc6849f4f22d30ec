package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"
)

// invalidName is ERROR_INVALID_NAME of Windows; elsewhere the number means
// something else.
const invalidName = syscall.Errno(123)

// unholdable reports whether err concerns one name only: the file system cannot
// hold it, or its owner does not let us.
func unholdable(err error) bool {
	for _, one := range []error{
		fs.ErrPermission, errors.ErrUnsupported,
		syscall.ENAMETOOLONG, syscall.EINVAL, syscall.EILSEQ, syscall.ELOOP, syscall.ENOTDIR,
	} {
		if errors.Is(err, one) {
			return true
		}
	}
	return runtime.GOOS == "windows" && errors.Is(err, invalidName)
}

// localError turns what the file system said of one name into a refusal where
// the next name may fare better, and into an error where it will not.
func localError(err error) error {
	if unholdable(err) {
		return refuse("it cannot be made here: %v", bare(err))
	}
	return fmt.Errorf("unpacking: %w", err)
}

// bare is err without the name of a partial file, which says nothing to people.
func bare(err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		return onPath.Err
	case errors.As(err, &onLink):
		return onLink.Err
	}
	return err
}

// tolerate drops the error of a file system that has no modes, or whose files
// are another's: the content is whole all the same.
func tolerate(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// decide says what happens to entry in view of what is in its place.
func (u *unpacking) decide(entry Entry) (Action, fs.FileInfo, error) {
	dir, err := u.in(path.Dir(entry.Path))
	if err != nil {
		return Refuse, nil, err
	}
	info, err := dir.Lstat(path.Base(entry.Path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Write, nil, nil
	case err != nil:
		return Refuse, nil, localError(err)
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeSymlink == 0:
		return Refuse, nil, refuse("%s is here in its place", describe(info.Mode()))
	}
	local := Local{Info: info}
	if info.Mode()&fs.ModeSymlink != 0 {
		if local.Target, err = dir.Readlink(path.Base(entry.Path)); err != nil {
			return Refuse, nil, localError(err)
		}
	}
	verdict := u.Decide(entry, local)
	if verdict.Action == Refuse {
		return Refuse, nil, refusal(verdict.Reason)
	}
	return verdict.Action, info, nil
}
