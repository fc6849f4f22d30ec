package krew

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// largest is how long a file in an archive may be.
const largest = 1 << 30

// unpack extracts a .tar.gz as krew does: directories and regular files only, with names
// inside the destination. This plugin has no .zip archives.
func unpack(root *os.Root, packed io.Reader) error {
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.Contains(header.Name, "..") || strings.HasPrefix(header.Name, "/") || strings.HasPrefix(header.Name, `\`) {
			return fmt.Errorf("krew refuses the name %q", header.Name)
		}
		name := path.Join(unpacked, header.Name) //nolint:gosec // nothing leads out of the root
		if err := unpackOne(root, name, header, archive); err != nil {
			return err
		}
	}
}

func unpackOne(root *os.Root, name string, header *tar.Header, content io.Reader) error {
	mode := os.FileMode(header.Mode & 0o777)
	switch header.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, mode)
	case tar.TypeReg:
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		return write(root, name, mode, content)
	}
	return fmt.Errorf("krew refuses %q, which is not a file or directory", header.Name)
}

func write(root *os.Root, name string, mode os.FileMode, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	n, err := io.CopyN(file, content, largest)
	if n == largest {
		err = errors.New("file too large")
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, file.Close())
}
