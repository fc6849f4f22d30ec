package flagvalue

import (
	"errors"
	"os"
)

// WithoutPath removes the path from an error of a local file. The message names the flag and its value instead.
func WithoutPath(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}
