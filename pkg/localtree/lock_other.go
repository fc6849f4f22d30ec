//go:build !linux && !darwin

package localtree

import "errors"

// lockDir cannot lock directories here.
func lockDir(string) (release func(), err error) { return nil, errors.ErrUnsupported }
