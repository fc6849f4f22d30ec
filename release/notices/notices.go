// Package notices collects the licences of the parts of a program,
// which require that they are distributed with it.
//
// It collects the licence and notice files at the top of every module that the go
// command recorded in the programs, and Go's own, each text once; the same programs give
// the same text. It does not read files in subdirectories of a module.
package notices

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/release/sbom"
)

// legal matches the names of files with licences or notices.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-._].*)?$`)

// Folders are the directories of sources on this machine: the keys are PATH@VERSION for modules, and
// "" for Go.
type Folders map[string]string

// Text returns the licences of all parts of programs. A module without a licence is an
// error, because it must not be distributed.
func Text(folders Folders, programs ...*debug.BuildInfo) ([]byte, error) {
	components := map[string][]string{}
	for name, module := range modules(programs) {
		texts, err := licences(folders[module])
		if err != nil {
			return nil, fmt.Errorf("reading the licence of %s: %w", name, err)
		}
		for _, text := range texts {
			components[text] = append(components[text], name)
		}
	}
	return write(components), nil
}

// Paths returns the paths of the modules in programs, as in go.mod.
func Paths(programs ...*debug.BuildInfo) (paths []string) {
	for _, program := range programs {
		for _, module := range program.Deps {
			paths = append(paths, module.Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// modules returns the keys in Folders of the parts of programs, by their display
// names.
func modules(programs []*debug.BuildInfo) map[string]string {
	result := map[string]string{}
	for _, program := range programs {
		for _, module := range sbom.Modules(program) {
			if module.Path == sbom.Stdlib {
				result["Go "+module.Version] = ""
				continue
			}
			result[module.Path+" "+module.Version] = module.Path + "@" + module.Version
		}
	}
	return result
}

// licences returns the licence texts at the top of a directory.
func licences(folder string) (texts []string, err error) {
	if folder == "" {
		return nil, errors.New("source not found on this machine")
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !legal.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("no licence found in %s", folder)
	}
	return texts, nil
}

// write has the texts in the order of what first has them.
func write(components map[string][]string) []byte {
	texts := map[string]string{}
	for text, names := range components {
		slices.Sort(names)
		texts[strings.Join(names, "\n")+"\n"+text] = text
	}
	var output bytes.Buffer
	output.WriteString("kubectl-batch contains the following components, distributed under these licences.\n")
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(&output, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(components[texts[key]], "\n"), texts[key])
	}
	return output.Bytes()
}
