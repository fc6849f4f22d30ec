package sbom_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/release/sbom"
)

// built is a program as the go command records it.
func built(path string, deps ...*debug.Module) *debug.BuildInfo {
	return &debug.BuildInfo{
		GoVersion: "go1.26.5 X:some", Path: "example.com/Plugin/cmd/" + path,
		Main: debug.Module{Path: "example.com/Plugin", Version: "(devel)"},
		Deps: deps,
		Settings: []debug.BuildSetting{
			{Key: "CGO_ENABLED", Value: "0"}, {Key: "GOARCH", Value: "arm64"}, {Key: "GOOS", Value: "linux"},
		},
	}
}

func release() sbom.Release {
	module := &debug.Module{Path: "github.com/One/one", Version: "v2.0.1+incompatible", Sum: "h1:one="}
	two := &debug.Module{Path: "example.com/two", Version: "v1.0.0", Replace: &debug.Module{
		Path: "example.com/fork", Version: "v1.0.1", Sum: "h1:fork=",
	}}
	three := &debug.Module{Path: "example.com/three", Version: "v0.1.0"}
	return sbom.Release{
		Program: sbom.Program{Name: "plugin", SHA256: strings.Repeat("a", 64), Info: built("plugin", module, two)},
		Inside:  []sbom.Program{{Name: "agent", SHA256: strings.Repeat("b", 64), Info: built("agent", module, three)}},
		Version: "v1.2.3", Time: time.Unix(1_700_000_000, 0),
		Archive: "plugin_v1.2.3_linux_arm64.tar.gz", ArchiveSHA256: strings.Repeat("c", 64),
	}
}

// document is what the tests look at.
type document struct {
	BOMFormat, SpecVersion, SerialNumber string
	Version                              int
	Metadata                             struct {
		Timestamp string
		Component component
	}
	Components   []component
	Dependencies []struct {
		Ref       string
		DependsOn []string
	}
}

type component struct {
	Type    string
	Ref     string `json:"bom-ref"`
	Name    string
	Version string
	PURL    string
	Hashes  []struct{ Alg, Content string }

	ExternalReferences []struct{ Type, URL string }
	Properties         []struct{ Name, Value string }
}

func read(t *testing.T, r sbom.Release) (document, []byte) {
	t.Helper()
	written, err := sbom.Document(r)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(written, &d); err != nil {
		t.Fatal(err)
	}
	return d, written
}

const (
	moduleRef = "pkg:golang/github.com/one/one@v2.0.1%2Bincompatible"
	fork      = "pkg:golang/example.com/fork@v1.0.1"
	three     = "pkg:golang/example.com/three@v0.1.0"
	stdlib    = "pkg:golang/stdlib@1.26.5"
	plugin    = "pkg:golang/example.com/plugin@v1.2.3?goarch=arm64&goos=linux#cmd/plugin"
	agent     = "pkg:golang/example.com/plugin@v1.2.3?goarch=arm64&goos=linux#cmd/agent"
)

func TestDocument(t *testing.T) {
	d, _ := read(t, release())
	if d.BOMFormat != "CycloneDX" || d.SpecVersion != "1.6" || d.Version != 1 || d.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("%+v", d)
	}
	uuid := regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !uuid.MatchString(d.SerialNumber) {
		t.Error(d.SerialNumber)
	}
	main := d.Metadata.Component
	if main.PURL != plugin || main.Ref != plugin || main.Version != "v1.2.3" || main.Hashes[0].Content != strings.Repeat("a", 64) {
		t.Errorf("%+v", main)
	}
	if main.ExternalReferences[0].URL != "plugin_v1.2.3_linux_arm64.tar.gz" || main.Properties[0].Name != "build:CGO_ENABLED" {
		t.Errorf("%+v", main)
	}
}

func TestComponents(t *testing.T) {
	d, _ := read(t, release())
	var lines []string
	for _, c := range d.Components {
		words := []string{c.Type, c.Name, c.Version, c.PURL}
		for _, p := range c.Properties {
			words = append(words, p.Name+"="+p.Value)
		}
		if c.Ref != c.PURL {
			t.Errorf("%s is called %s", c.PURL, c.Ref)
		}
		lines = append(lines, strings.Join(words, " "))
	}
	want := []string{
		"library example.com/fork v1.0.1 " + fork + " go.sum=h1:fork=",
		"application agent v1.2.3 " + agent,
		"library example.com/three v0.1.0 " + three,
		"library github.com/One/one v2.0.1+incompatible " + moduleRef + " go.sum=h1:one=",
		"library stdlib 1.26.5 " + stdlib,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestDependencies(t *testing.T) {
	d, _ := read(t, release())
	got := map[string][]string{}
	for _, dependency := range d.Dependencies {
		got[dependency.Ref] = dependency.DependsOn
	}
	want := map[string][]string{plugin: {fork, agent, moduleRef, stdlib}, agent: {three, moduleRef, stdlib}}
	if diff := cmp.Diff(want, got); diff != "" || d.Dependencies[0].Ref != plugin {
		t.Error(diff)
	}
}

func TestDeterministic(t *testing.T) {
	document, written := read(t, release())
	if _, repeated := read(t, release()); !bytes.Equal(written, repeated) {
		t.Error("written twice, it differs")
	}
	another := release()
	another.ArchiveSHA256 = strings.Repeat("d", 64)
	if second, _ := read(t, another); second.SerialNumber == document.SerialNumber {
		t.Error("another archive has the same serial number")
	}
}
