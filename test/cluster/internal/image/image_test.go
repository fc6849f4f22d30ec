package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing"
)

func sample() Image {
	return Image{
		Names:  []string{"example.test/a:1", "example.test/b:2"},
		Arch:   "amd64",
		Config: Config{Cmd: []string{"sh"}},
		Files: []File{
			{Path: "bin/x", Mode: 0o755, Data: []byte("program")},
			{Path: "usr/bin/env", Link: "/bin/x"},
			tmp(),
		},
	}
}

func archiveOf(t *testing.T, img Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := img.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// read returns headers in order, and contents by name.
func read(t *testing.T, archive []byte) (headers []*tar.Header, data map[string][]byte) {
	t.Helper()
	data = map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return headers, data
		}
		if err != nil {
			t.Fatal(err)
		}
		headers = append(headers, h)
		if data[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	archive := archiveOf(t, sample())
	shuffled := sample()
	shuffled.Files[0], shuffled.Files[2] = shuffled.Files[2], shuffled.Files[0]
	for range 20 { // the order of a map must not show
		if !bytes.Equal(archive, archiveOf(t, shuffled)) {
			t.Fatal("the same image gave other bytes")
		}
	}
	changed := sample()
	changed.Files[0].Data = []byte("Program")
	if bytes.Equal(archive, archiveOf(t, changed)) {
		t.Error("another image gave the same bytes")
	}
}

func TestWriteManifest(t *testing.T) {
	_, files := read(t, archiveOf(t, sample()))
	var manifests []manifest
	if err := json.Unmarshal(files["manifest.json"], &manifests); err != nil {
		t.Fatal(err)
	}
	m := manifests[0]
	if strings.Join(m.RepoTags, " ") != "example.test/a:1 example.test/b:2" {
		t.Errorf("names: %v", m.RepoTags)
	}
	var config configFile
	if err := json.Unmarshal(files[m.Config], &config); err != nil {
		t.Fatal(err)
	}
	if want := "sha256:" + digest(files[m.Layers[0]]); config.RootFS.DiffIDs[0] != want {
		t.Errorf("the layer's digest is %s, the configuration says %s", want, config.RootFS.DiffIDs[0])
	}
}

func TestLayer(t *testing.T) {
	layer, err := sample().layer()
	if err != nil {
		t.Fatal(err)
	}
	headers, data := read(t, layer)
	byName := map[string]*tar.Header{".": nil}
	for _, h := range headers {
		name := strings.TrimSuffix(h.Name, "/")
		if _, ok := byName[path.Dir(name)]; !ok {
			t.Errorf("%s comes before its directory", name)
		}
		byName[name] = h
		if !h.ModTime.IsZero() && h.ModTime.Unix() != 0 {
			t.Errorf("%s has a time: %s", name, h.ModTime)
		}
	}
	if string(data["bin/x"]) != "program" || byName["bin/x"].FileInfo().Mode() != 0o755 {
		t.Errorf("bin/x: %q, %v", data["bin/x"], byName["bin/x"].FileInfo().Mode())
	}
	if h := byName["usr/bin/env"]; h.Typeflag != tar.TypeSymlink || h.Linkname != "/bin/x" {
		t.Errorf("usr/bin/env: %+v", h)
	}
	if got, want := byName["tmp"].FileInfo().Mode(), fs.ModeDir|fs.ModeSticky|0o777; got != want {
		t.Errorf("tmp: %v, want %v", got, want)
	}
}
