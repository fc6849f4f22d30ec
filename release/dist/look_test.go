//go:build dist

package main_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/release/build"
	"github.com/kubectl-batch/kubectl-batch/release/krew"
)

// checksums does what sha256sum -c does, and wants every file to be in the list.
func checksums(t *testing.T, folder string) {
	t.Helper()
	var listed []string
	for line := range strings.Lines(string(load(t, folder, "checksums.txt"))) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || fmt.Sprintf("%x", sha256.Sum256(load(t, folder, name))) != sum {
			t.Errorf("a bad line: %q", line)
		}
		listed = append(listed, name)
	}
	files := slices.DeleteFunc(names(t, folder), func(name string) bool { return name == "checksums.txt" })
	if !slices.Equal(listed, files) {
		t.Errorf("%v instead of %v", listed, files)
	}
}

// forKrew applies krew's rules to the manifest, and installs for every platform.
func forKrew(t *testing.T, folder string) {
	t.Helper()
	m, err := krew.Decode(load(t, folder, "batch.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := krew.Check("batch", m); err != nil {
		t.Error(err)
	}
	for _, p := range build.Platforms() {
		archive := load(t, folder, p.Archive(version)+".tar.gz")
		if err := krew.Install(m, krew.Machine(p), archive, t.TempDir()); err != nil {
			t.Error(err)
		}
	}
}

// checkLicences looks whether all that is in a program is among those whose licences come with it.
func checkLicences(t *testing.T, others string, program []byte) {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"Go " + strings.TrimPrefix(info.GoVersion, "go")}
	for _, module := range info.Deps {
		names = append(names, module.Path+" "+module.Version)
	}
	for _, name := range names {
		if !strings.Contains(others, "\n"+name+"\n") {
			t.Errorf("there is no licence of %s", name)
		}
	}
	if len(names) < 50 || !strings.Contains(others, "Apache License") || !strings.Contains(others, "Redistributions in binary form must reproduce") {
		t.Errorf("%d names, and %d bytes of licences", len(names), len(others))
	}
}

// unpack looks at the entries of an archive, and returns the program.
func unpack(t *testing.T, p build.Platform, packed []byte) (program []byte) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if unzipped.Name != "" || !unzipped.ModTime.IsZero() {
		t.Errorf("the gzip header says %q and %s", unzipped.Name, unzipped.ModTime)
	}
	archive := tar.NewReader(unzipped)
	var others []byte
	for _, want := range []string{"LICENSE 644", "THIRD_PARTY_LICENSES 644", p.Program() + " 755"} {
		others = program
		header, err := archive.Next()
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%s %o", header.Name, header.Mode)
		owner := fmt.Sprintf("%d:%d %s:%s", header.Uid, header.Gid, header.Uname, header.Gname)
		if got != want || owner != "0:0 :" || !header.ModTime.Equal(time.Unix(epoch, 0)) || header.Typeflag != tar.TypeReg {
			t.Errorf("%+v instead of %s", header, want)
		}
		if program, err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := archive.Next(); err != io.EOF {
		t.Errorf("there is more in it: %v", err)
	}
	checkLicences(t, string(others), program)
	return program
}

// maxSize is how many bytes the plugin may have.
const maxSize = 60_000_000

// checkProgram looks at what the go command recorded in the plugin, and at its size.
func checkProgram(t *testing.T, p build.Platform, program []byte) {
	t.Helper()
	t.Logf("%d bytes", len(program))
	if len(program) > maxSize {
		t.Errorf("%d bytes are more than %d", len(program), maxSize)
	}
	info := recorded(t, program)
	checkSettings(t, info, map[string]string{"GOOS": p.OS, "GOARCH": p.Arch, "CGO_ENABLED": "0", "-trimpath": "true"})
	if info.Path != "github.com/kubectl-batch/kubectl-batch/cmd/kubectl-batch" {
		t.Error(info.Path)
	}
}

// checkAgents finds the agents in a program: they are the gzip streams whose comment
// says what they hold.
func checkAgents(t *testing.T, program []byte) {
	t.Helper()
	var agents []string
	for offset := range occurrences(program, []byte{0x1f, 0x8b, 8, 0x10}) {
		packed, err := embedded.Read(program[offset:])
		if err != nil {
			continue
		}
		unzipped, err := gzip.NewReader(bytes.NewReader(program[offset:]))
		if err != nil {
			t.Fatal(err)
		}
		unzipped.Multistream(false)
		agent, err := io.ReadAll(unzipped)
		if err != nil || embedded.Hash(agent) != packed.SHA256 {
			t.Fatalf("an agent is not what it says: %v", err)
		}
		info := recorded(t, agent)
		checkSettings(t, info, map[string]string{"GOOS": "linux", "CGO_ENABLED": "0"})
		agents = append(agents, info.Path+" "+settings(info)["GOARCH"])
	}
	slices.Sort(agents)
	const path = "github.com/kubectl-batch/kubectl-batch/cmd/batch-agent"
	if want := []string{path + " amd64", path + " arm64"}; !slices.Equal(agents, want) {
		t.Errorf("the agents in it are %v instead of %v", agents, want)
	}
}

// occurrences are the places where a program has some bytes.
func occurrences(program, pattern []byte) func(func(int) bool) {
	return func(yield func(int) bool) {
		for offset := 0; ; offset++ {
			distance := bytes.Index(program[offset:], pattern)
			if distance < 0 || !yield(offset+distance) {
				return
			}
			offset += distance
		}
	}
}

// checkSBOM wants every module of the program in the list, with its hash.
func checkSBOM(t *testing.T, p build.Platform, list, program []byte) {
	t.Helper()
	var document struct {
		Metadata struct {
			Timestamp string
			Component struct {
				PURL   string
				Hashes []struct{ Content string }
			}
		}
		Components []struct {
			Name, Version string
			Properties    []struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal(list, &document); err != nil {
		t.Fatal(err)
	}
	main := document.Metadata.Component
	purl := "pkg:golang/github.com/kubectl-batch/kubectl-batch@" + version + "?goarch=" + p.Arch + "&goos=" + p.OS + "#cmd/kubectl-batch"
	if main.PURL != purl || main.Hashes[0].Content != embedded.Hash(program) || document.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("%+v", document.Metadata)
	}
	listed := map[string]string{}
	for _, c := range document.Components {
		if len(c.Properties) > 0 {
			listed[c.Name+" "+c.Version] = c.Properties[0].Value
		}
	}
	for _, module := range recorded(t, program).Deps {
		if listed[module.Path+" "+module.Version] != module.Sum || module.Sum == "" {
			t.Errorf("%+v is not in the list, or with another hash", module)
		}
	}
}

func recorded(t *testing.T, program []byte) *debug.BuildInfo {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func settings(info *debug.BuildInfo) map[string]string {
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	return settings
}

func checkSettings(t *testing.T, info *debug.BuildInfo, want map[string]string) {
	t.Helper()
	for key, value := range want {
		if got := settings(info)[key]; got != value {
			t.Errorf("%s: %s is %q instead of %q", info.Path, key, got, value)
		}
	}
}
