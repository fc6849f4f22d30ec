// Command pack compresses agents for package embedded: pack FOLDER PROGRAM...
// Each PROGRAM becomes FOLDER/PROGRAM.gz, unless that holds it already.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: pack DIRECTORY PROGRAM...")
	}
	for _, program := range os.Args[2:] {
		if err := pack(os.Args[1], program); err != nil {
			log.Fatal(err)
		}
	}
}

func pack(folder, path string) error {
	program, err := os.ReadFile(path) //nolint:gosec // it packs what it is told to
	if err != nil {
		return err
	}
	target := filepath.Join(folder, filepath.Base(path)+".gz")
	if old, err := os.ReadFile(target); err == nil { //nolint:gosec // as above
		if packed, err := embedded.Read(old); err == nil && packed.SHA256 == embedded.Hash(program) {
			return nil
		}
	}
	packed, err := embedded.Pack(program)
	if err != nil {
		return fmt.Errorf("packing %s: %w", path, err)
	}
	// Under another name first: what is embedded is never half of it.
	if err := os.WriteFile(target+".part", packed, 0o600); err != nil { //nolint:gosec // as above
		return err
	}
	return os.Rename(target+".part", target) //nolint:gosec // as above
}
