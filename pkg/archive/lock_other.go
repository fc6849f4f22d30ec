//go:build !linux && !darwin

package archive

import "errors"

// lockDir cannot lock directories here.
func lockDir(string) (release func(), err error) { return nil, errors.ErrUnsupported }
