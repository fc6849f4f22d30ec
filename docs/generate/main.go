// Command generate writes docs/reference, a page for each command, from the command tree. It
// is run by `make docs` in the root of the project.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd"
)

const folder = "docs/reference"

func main() {
	if err := write(folder, reference()); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// reference is the pages of the command tree as users meet it, with no environment.
func reference() map[string]string {
	streams := genericiooptions.IOStreams{Out: io.Discard, ErrOut: io.Discard}
	return pages(cmd.Default(streams, func(string) (string, bool) { return "", false }))
}

// write makes dir hold these pages, by name, and no others.
func write(dir string, pages map[string]string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
