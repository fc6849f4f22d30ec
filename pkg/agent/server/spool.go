package server

import (
	"errors"
	"fmt"
	"os"
)

// spool is a temporary file without a name, which the system deletes with this process.
type spool struct {
	*os.File
	size int64
}

func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, "chunk-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &spool{File: file}, nil
}

// Write implements wire.Destination.
func (s *spool) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	s.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("writing to the disk of the pod: %w", err)
	}
	return n, nil
}

// Flush implements wire.Destination.
func (*spool) Flush() error { return nil }

func (s *spool) close() { _ = s.Close() }
