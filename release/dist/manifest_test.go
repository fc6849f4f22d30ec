package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/release/build"
	"github.com/kubectl-batch/kubectl-batch/release/krew"
	"github.com/kubectl-batch/kubectl-batch/release/targz"
)

// packed is a release whose archives are there, with programs that are none.
func packed(t *testing.T, entries func(build.Platform) []targz.Entry) *release {
	t.Helper()
	template, err := os.ReadFile("../../.krew.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &release{
		flags: flags{version: "v1.2.3", platforms: build.Platforms()}, template: template, out: out,
		compiler: build.Compiler{Scratch: t.TempDir()},
	}
	for _, p := range build.Platforms() {
		var archive bytes.Buffer
		if err := targz.Pack(&archive, time.Unix(0, 0), entries(p)...); err != nil {
			t.Fatal(err)
		}
		if err := out.write(p.Archive("v1.2.3")+archiveEnding, archive.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func whole(p build.Platform) []targz.Entry {
	return []targz.Entry{{Name: p.Program(), Mode: 0o755, Data: []byte(p.String())}, {Name: "LICENSE", Mode: 0o644}}
}

// TestManifest looks at this plugin's own template.
func TestManifest(t *testing.T) {
	r := packed(t, whole)
	if err := r.makeManifest(); err != nil {
		t.Fatal(err)
	}
	rendered, err := r.out.read(manifest)
	if err != nil {
		t.Fatal(err)
	}
	m, err := krew.Decode(rendered)
	if err != nil {
		t.Fatal(err)
	}
	if m.Spec.Version != "v1.2.3" || m.Spec.Homepage != "https://github.com/kubectl-batch/kubectl-batch" {
		t.Errorf("%+v", m.Spec)
	}
	for _, text := range []string{m.Spec.Description, m.Spec.Caveats} {
		for line := range strings.Lines(text) {
			if len(line) > 81 {
				t.Errorf("too long for a terminal: %s", line)
			}
		}
	}
	for _, p := range m.Spec.Platforms {
		labels := p.Selector.MatchLabels
		platform := build.Platform{OS: labels["os"], Arch: labels["arch"]}
		if !slices.Contains(build.Platforms(), platform) || p.Bin != platform.Program() || !strings.HasSuffix(p.URI, platform.Archive("v1.2.3")+archiveEnding) {
			t.Errorf("%+v", p)
		}
	}
	if len(m.Spec.Platforms) != len(build.Platforms()) {
		t.Errorf("%d platforms", len(m.Spec.Platforms))
	}
}

func TestManifestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*release)
		want   string
	}{
		"other place": {
			func(r *release) { r.template = bytes.Replace(r.template, []byte("/releases/"), []byte("/release/"), 1) },
			"which is not a file of this release",
		},
		"other name": {
			func(r *release) {
				r.template = bytes.Replace(r.template, []byte("_darwin_arm64"), []byte("_macos_arm64"), 1)
			},
			"which is not a file of this release",
		},
		"other tag": {
			func(r *release) {
				r.template = bytes.Replace(r.template, []byte("download/{{ .TagName }}"), []byte("download/v1"), 1)
			},
			"which is not a file of this release",
		},
		"other field": {
			func(r *release) { r.template = append(r.template, "    path: x\n"...) },
			"unknown field",
		},
		"rule broken": {
			func(r *release) {
				r.template = bytes.Replace(r.template, []byte("kind: Plugin"), []byte("kind: Pod"), 1)
			},
			"violates the rules of krew",
		},
		"platform left out": {
			func(r *release) {
				i := bytes.LastIndex(r.template, []byte("  - selector:"))
				r.template = r.template[:i]
			},
			"no archive for windows/arm64",
		},
		"program of another": {
			func(r *release) {
				r.template = bytes.Replace(r.template, []byte("bin: kubectl-batch\n"), []byte("bin: kubectl-batch.exe\n"), 1)
			},
			"do not contain the program kubectl-batch.exe",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := packed(t, whole)
			c.change(r)
			if err := r.makeManifest(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, and %q was expected", err, c.want)
			}
			if _, err := r.out.read(manifest); err == nil {
				t.Error("the manifest was written")
			}
		})
	}
	r := packed(t, func(p build.Platform) []targz.Entry { return whole(p)[:1] })
	if err := r.makeManifest(); err == nil || !strings.Contains(err.Error(), "do not contain LICENSE") {
		t.Errorf("without a licence: %v", err)
	}
}
