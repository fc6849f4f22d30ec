package krew

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Install does the same as krew with an archive on a machine, and leaves the installed
// files in folder/installed. It returns an error if krew would, and also if
// there is no licence, which the index requires, or if the program is not executable.
// The directory must be empty.
func Install(m Manifest, machine Machine, archive []byte, folder string) error {
	i := slices.IndexFunc(m.Spec.Platforms, func(p Platform) bool { return p.selects(machine) })
	if i < 0 {
		return fmt.Errorf("no archive for %s", machine)
	}
	p := m.Spec.Platforms[i]
	if sum := fmt.Sprintf("%x", sha256.Sum256(archive)); sum != p.SHA256 {
		return fmt.Errorf("the archive for %s has SHA-256 %s instead of %s", machine, sum, p.SHA256)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := unpack(root, bytes.NewReader(archive)); err != nil {
		return fmt.Errorf("unpacking the archive for %s: %w", machine, err)
	}
	if err := move(root, p.Files); err != nil {
		return fmt.Errorf("installing for %s: %w", machine, err)
	}
	return inspect(root, p.Bin, machine)
}

// Directories below the folder of Install: of the unpacked archive, and of the installed files.
const (
	unpacked  = "unpacked"
	installed = "installed"
)

// move moves the files into place. Without entries, it moves all files unchanged.
func move(root *os.Root, files []File) error {
	if files == nil {
		files = []File{{From: "*", To: "."}}
	}
	if err := root.MkdirAll(installed, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if file.To != path.Clean(file.To) {
			return fmt.Errorf("to is %q, but krew requires %q", file.To, path.Clean(file.To))
		}
		if err := moveOne(root, file); err != nil {
			return err
		}
	}
	return nil
}

func moveOne(root *os.Root, file File) error {
	if source := path.Join(unpacked, file.From); exists(root, source) {
		destination := file.To
		if destination == "." {
			destination = path.Base(source)
		}
		return rename(root, source, path.Join(installed, destination))
	}
	matches, err := fs.Glob(root.FS(), path.Join(unpacked, file.From))
	if err != nil {
		return err
	}
	if len(matches) == 0 {
		return fmt.Errorf("nothing in the archive matches %q", file.From)
	}
	for _, source := range matches {
		if err := rename(root, source, path.Join(installed, file.To, path.Base(source))); err != nil {
			return err
		}
	}
	return nil
}

// rename replaces an existing file. Both names must stay in their directories.
func rename(root *os.Root, source, destination string) error {
	if !strings.HasPrefix(source, unpacked+"/") || !strings.HasPrefix(destination, installed+"/") {
		return fmt.Errorf("move %s to %s leads outside the plugin directory", source, destination)
	}
	if err := root.MkdirAll(path.Dir(destination), 0o755); err != nil {
		return err
	}
	if err := root.RemoveAll(destination); err != nil {
		return err
	}
	return root.Rename(filepath.FromSlash(source), filepath.FromSlash(destination))
}

func exists(root *os.Root, name string) bool {
	_, err := root.Stat(name)
	return err == nil
}

// inspect checks the installed files.
func inspect(root *os.Root, bin string, machine Machine) error {
	program := path.Join(installed, bin)
	if !strings.HasPrefix(program, installed+"/") {
		return fmt.Errorf("bin %q leads outside the plugin directory", bin)
	}
	info, err := root.Stat(program)
	if err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("the installed files for %[2]s do not contain the program %[1]s", bin, machine)
	}
	if machine.OS != "windows" && runtime.GOOS != "windows" && info.Mode()&0o111 == 0 { // Windows keeps no such mode
		return fmt.Errorf("the program %s for %s is not executable: its mode is %s", bin, machine, info.Mode())
	}
	if licensed, err := hasLicense(root); err != nil || !licensed {
		return fmt.Errorf("the installed files for %s do not contain LICENSE", machine)
	}
	return nil
}

// hasLicense searches all directories for one of the names that the index accepts.
func hasLicense(root *os.Root) (ok bool, err error) {
	names := []string{
		"license", "license.txt", "license.md", "licenses", "licenses.txt", "licenses.md", "copying", "copying.txt",
	}
	err = fs.WalkDir(root.FS(), installed, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && slices.Contains(names, strings.ToLower(entry.Name())) {
			ok = true
		}
		return err
	})
	return ok, err
}
