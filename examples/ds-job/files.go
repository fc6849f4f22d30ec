package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// tempPattern starts with a dot so that unfinished files stay out of listings.
const tempPattern = ".ds-job-*.tmp"

// checkWritable tries a real file, because permission bits tell nothing about
// read-only mounts. It does not create the directory: in a container without
// a volume the results would be lost with it.
func checkWritable(dir string) error {
	probe, err := os.CreateTemp(dir, tempPattern)
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		return fmt.Errorf("the job writes to %s: run it with a volume mounted there, or pass --out DIR: %w", dir, cause(err))
	}
	return nil
}

// cause strips the name of the probe file, which would only puzzle the reader.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// writeFile gives a file its name only when it is complete and on disk.
func writeFile(dir, name string, content []byte) error {
	temp, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	err = fill(temp, content)
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}

// fill writes, syncs and closes the file. It opens the mode of CreateTemp up:
// whoever fetches the results may run as another user than the job.
func fill(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
