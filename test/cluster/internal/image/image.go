// Package image writes container images without a container engine, as archives
// that both `docker load` and containerd's import read. The same input gives
// the same bytes: they depend neither on the time nor on the machine.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Image is one layer of files and what to run in it.
type Image struct {
	Names  []string // all names that it is known by
	Arch   string   // as Go spells it
	Config Config
	Files  []File
}

// Config is the part of an image's configuration that we have a use for.
type Config struct {
	Entrypoint []string `json:",omitempty"`
	Cmd        []string `json:",omitempty"`
	Env        []string `json:",omitempty"`
}

// File is a file, a symbolic link (Link is set) or a directory (according to Mode).
// Parent directories are added automatically, with mode 0755.
type File struct {
	Path string
	Mode fs.FileMode
	Data []byte
	Link string
}

type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

type configFile struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Config       Config `json:"config"`
	RootFS       rootFS `json:"rootfs"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

// Write writes the image as an archive.
func (img Image) Write(w io.Writer) error {
	layer, err := img.layer()
	if err != nil {
		return fmt.Errorf("writing the layer of %s: %w", img.Names[0], err)
	}
	layerDigest := digest(layer)
	config, err := json.Marshal(configFile{
		Architecture: img.Arch,
		OS:           "linux",
		Config:       img.Config,
		RootFS:       rootFS{Type: "layers", DiffIDs: []string{"sha256:" + layerDigest}},
	})
	if err != nil {
		return err
	}
	configName, layerName := digest(config)+".json", layerDigest+"/layer.tar"
	index, err := json.Marshal([]manifest{{Config: configName, RepoTags: img.Names, Layers: []string{layerName}}})
	if err != nil {
		return err
	}
	return writeTar(w, []File{
		{Path: configName, Mode: 0o644, Data: config},
		{Path: layerName, Mode: 0o644, Data: layer},
		{Path: "manifest.json", Mode: 0o644, Data: index},
	})
}

// layer is the file system as a tar archive, parents before children.
func (img Image) layer() ([]byte, error) {
	var buf bytes.Buffer
	err := writeTar(&buf, withParents(img.Files))
	return buf.Bytes(), err
}

// withParents adds the directories that lead to the files, and sorts all by path.
func withParents(files []File) []File {
	byPath := map[string]File{}
	for _, f := range files {
		for dir := path.Dir(f.Path); dir != "."; dir = path.Dir(dir) {
			if _, ok := byPath[dir]; !ok {
				byPath[dir] = File{Path: dir, Mode: fs.ModeDir | 0o755}
			}
		}
		byPath[f.Path] = f
	}
	result := make([]File, 0, len(byPath))
	for _, f := range byPath {
		result = append(result, f)
	}
	slices.SortFunc(result, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return result
}

func writeTar(w io.Writer, files []File) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		if err := t.WriteHeader(header(f)); err != nil {
			return err
		}
		if _, err := t.Write(f.Data); err != nil {
			return err
		}
	}
	return t.Close()
}

func header(f File) *tar.Header {
	h := &tar.Header{Name: f.Path, Mode: int64(f.Mode.Perm()), Size: int64(len(f.Data)), Typeflag: tar.TypeReg}
	if f.Mode&fs.ModeSticky != 0 {
		h.Mode |= 0o1000
	}
	switch {
	case f.Link != "":
		h.Typeflag = tar.TypeSymlink
		h.Linkname = f.Link
		h.Mode = 0o777
	case f.Mode.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, f.Path+"/"
	}
	return h
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
