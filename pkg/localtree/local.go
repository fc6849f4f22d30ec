package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"syscall"
)

// These are errors of Windows; elsewhere the numbers mean something else.
const (
	sharingViolation = syscall.Errno(32) // another program has the file open
	lockViolation    = syscall.Errno(33)
	invalidName      = syscall.Errno(123)
	tooLongName      = syscall.Errno(206)
	privilegeNotHeld = syscall.Errno(1314) // to make a symlink is a right there
)

// unholdable reports whether err concerns one name only: the file system cannot
// hold it, or its owner does not let us.
func unholdable(err error) bool {
	causes := []error{
		fs.ErrPermission, errors.ErrUnsupported,
		syscall.ENAMETOOLONG, syscall.EINVAL, syscall.EILSEQ, syscall.ELOOP, syscall.ENOTDIR,
		syscall.EFBIG, syscall.EMLINK, syscall.EBUSY,
	}
	if runtime.GOOS == "windows" {
		causes = append(causes, sharingViolation, lockViolation, invalidName, tooLongName, privilegeNotHeld)
	}
	return slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(err, cause) })
}

// localError turns what the file system said of the name p into a refusal where
// the next name may fare better, and into an error where it will not.
func localError(p string, err error) error {
	var no *Refused
	switch {
	case err == nil || errors.As(err, &no):
		return err
	case unholdable(err):
		return refuse("cannot be created locally: %v", bare(err))
	}
	return fmt.Errorf("writing %q: %w", p, bare(err))
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

// tolerateGone drops the error of a name that is not there any more.
func tolerateGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
