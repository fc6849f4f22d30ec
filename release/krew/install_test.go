package krew_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/release/krew"
)

// archive packs files: a program may be started, a name with / at its end is a folder,
// and one with @ a symlink.
func archive(t *testing.T, names ...string) []byte {
	t.Helper()
	var packed bytes.Buffer
	packer := gzip.NewWriter(&packed)
	files := tar.NewWriter(packer)
	for _, name := range names {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(name))}
		switch {
		case strings.Contains(name, "kubectl-batch"):
			header.Mode = 0o755
		case strings.HasSuffix(name, "/"):
			header.Typeflag = tar.TypeDir
			header.Mode = 0o755
			header.Size = 0
		case strings.HasSuffix(name, "@"):
			header.Typeflag = tar.TypeSymlink
			header.Linkname = "kubectl-batch"
			header.Size = 0
		}
		if err := files.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		_, _ = files.Write([]byte(name)[:header.Size])
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestInstall(t *testing.T) {
	for name, c := range map[string]struct {
		archive []string
		change  func(*krew.Platform)
		machine krew.Machine
		want    string // of the error, if there is to be one
	}{
		"all files": {archive: []string{"kubectl-batch", "LICENSE"}},
		"in a folder": {
			archive: []string{"a/", "a/kubectl-batch", "a/license.txt"},
			change:  func(p *krew.Platform) { p.Bin = "a/kubectl-batch" },
		},
		"by a pattern": {
			archive: []string{"a/kubectl-batch", "a/COPYING"},
			change:  func(p *krew.Platform) { p.Files = []krew.File{{From: "a/*", To: "."}} },
		},
		"one by one": {
			archive: []string{"kubectl-batch", "LICENSE"},
			change: func(p *krew.Platform) {
				p.Files = []krew.File{{From: "kubectl-batch", To: "bin/batch"}, {From: "LICENSE", To: "."}}
				p.Bin = "bin/batch"
			},
		},
		"other machine":    {machine: krew.Machine{OS: "linux", Arch: "arm"}, want: "no archive for linux/arm"},
		"other hash":       {change: func(p *krew.Platform) { p.SHA256 = sum }, want: "instead of " + sum},
		"no program":       {archive: []string{"LICENSE", "other"}, want: "do not contain the program kubectl-batch"},
		"program not run":  {archive: []string{"LICENSE", "other"}, change: func(p *krew.Platform) { p.Bin = "other" }, want: "is not executable"},
		"program a folder": {archive: []string{"LICENSE", "a/b"}, change: func(p *krew.Platform) { p.Bin = "a" }, want: "do not contain the program a"},
		"program outside":  {archive: []string{"kubectl-batch", "LICENSE"}, change: func(p *krew.Platform) { p.Bin = "../kubectl-batch" }, want: "leads out"},
		"no licence":       {archive: []string{"kubectl-batch", "README"}, want: "do not contain LICENSE"},
		"licence left behind": {
			archive: []string{"kubectl-batch", "LICENSE"},
			change:  func(p *krew.Platform) { p.Files = []krew.File{{From: "kubectl-*", To: "."}} },
			want:    "do not contain LICENSE",
		},
		"nothing matches": {
			archive: []string{"kubectl-batch", "LICENSE"},
			change:  func(p *krew.Platform) { p.Files = []krew.File{{From: "bin/*", To: "."}} },
			want:    `matches "bin/*"`,
		},
		"bad pattern": {
			archive: []string{"kubectl-batch", "LICENSE"},
			change:  func(p *krew.Platform) { p.Files = []krew.File{{From: "[", To: "."}} },
			want:    "syntax error in pattern",
		},
		"not clean": {
			archive: []string{"kubectl-batch", "LICENSE"},
			change:  func(p *krew.Platform) { p.Files = []krew.File{{From: "*", To: "./"}} },
			want:    `krew requires "."`,
		},
		"move to outside": {
			archive: []string{"kubectl-batch", "LICENSE"},
			change:  func(p *krew.Platform) { p.Files = []krew.File{{From: "*", To: ".."}} },
			want:    "leads out",
		},
		"name outside": {archive: []string{"../kubectl-batch"}, want: `refuses the name "../kubectl-batch"`},
		"root's name":  {archive: []string{"/kubectl-batch"}, want: "refuses the name"},
		"symlink":      {archive: []string{"kubectl-batch", "LICENSE", "link@"}, want: "not a file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name == "program not run" {
				t.Skip("a file has no such mode there")
			}
			packed := archive(t, c.archive...)
			m, err := krew.Decode([]byte(valid))
			if err != nil {
				t.Fatal(err)
			}
			p := &m.Spec.Platforms[0]
			p.Files, p.SHA256 = nil, fmt.Sprintf("%x", sha256.Sum256(packed))
			if c.change != nil {
				c.change(p)
			}
			if c.machine.OS == "" {
				c.machine = krew.Machine{OS: "linux", Arch: "amd64"}
			}
			folder := t.TempDir()
			err = krew.Install(m, c.machine, packed, folder)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, and %q was expected", err, c.want)
			}
			if c.want != "" {
				return
			}
			if _, err := os.Stat(filepath.Join(folder, "installed", p.Bin)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestInstallNoArchive(t *testing.T) {
	m, err := krew.Decode([]byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	junk := []byte("no gzip")
	m.Spec.Platforms[0].SHA256 = fmt.Sprintf("%x", sha256.Sum256(junk))
	if err := krew.Install(m, krew.Machine{OS: "linux", Arch: "amd64"}, junk, t.TempDir()); err == nil {
		t.Error("what is no archive was installed")
	}
}
