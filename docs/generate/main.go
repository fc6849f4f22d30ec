// Command generate writes docs/reference, a page for each command, and the table of commands in README.md from the
// command tree. It is run by `make docs` in the root of the project.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd"
)

const folder = "docs/reference"

func main() {
	if err := errors.Join(write(folder, pages(tree())), updateReadme("README.md", tree())); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// tree is the command tree without an environment.
func tree() *cobra.Command {
	streams := genericiooptions.IOStreams{Out: io.Discard, ErrOut: io.Discard}
	return cmd.Default(streams, func(string) (string, bool) { return "", false })
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
