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

// unholdable reports whether err concerns one name only: the file system does not support
// it, or its owner does not allow access.
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

// localError turns an error of the file system about the name p into a refusal if it
// concerns this name only, and into another error if it concerns all names.
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

// bare returns err without the name of a partial file, which has no meaning for the user.
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

// tolerate drops the errors of a file system that has no modes or whose files belong to
// another user, because the content is complete.
func tolerate(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// tolerateGone drops the error of a name that no longer exists.
func tolerateGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
