//go:build !unix

package localtree

import "io/fs"

// owned returns true, because this system does not report the owner of a file.
func owned(fs.FileInfo) bool { return true }
