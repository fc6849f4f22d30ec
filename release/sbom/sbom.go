// Package sbom lists the parts of a program as a CycloneDX 1.6 document: the
// modules that the go command recorded in it, which `go version -m`
// shows, and the version of Go.
//
// Equal programs give equal documents, and every module has its
// version, its purl and, if go.sum has one, its hash. Licences are missing,
// and so are the dependencies between modules, because a program does not contain them.
package sbom

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"time"
)

// Program is a program that was built, and what is recorded in it.
type Program struct {
	// Name is the display name of the program.
	Name string
	// SHA256 is that of its file, in hex.
	SHA256 string
	Info   *debug.BuildInfo
}

// Release is what a document is about: a program in an archive.
type Release struct {
	Program
	// Version is the version of the release; the recorded version is (devel).
	Version string
	Time    time.Time
	// Archive is the name of the archive's file, and ArchiveSHA256 its hash in hex.
	Archive, ArchiveSHA256 string
	// Inside are programs that the program carries in itself.
	Inside []Program
}

// Document returns the document, as JSON.
func Document(r Release) ([]byte, error) {
	list := newList(r)
	main := r.component(r.Program)
	main.References = []reference{{
		Type: "distribution", URL: r.Archive, Hashes: []hash{{"SHA-256", r.ArchiveSHA256}},
	}}
	for _, setting := range r.Info.Settings {
		main.Properties = append(main.Properties, property{"build:" + setting.Key, setting.Value})
	}
	built := library(goModule(r.Info))
	return encode(document{
		Schema:       "http://cyclonedx.org/schema/bom-1.6.schema.json",
		Format:       "CycloneDX",
		SpecVersion:  "1.6",
		SerialNumber: serial(r.Archive + " " + r.ArchiveSHA256),
		Version:      1,
		Metadata: metadata{
			Timestamp:  r.Time.UTC().Format(time.RFC3339),
			Lifecycles: []lifecycle{{"build"}},
			Tools:      tools{[]component{{Type: "application", Name: "go", Version: built.Version}}},
			Component:  main,
		},
		Components:   list.components(),
		Dependencies: list.dependencies(main.Ref),
	})
}

// encode writes JSON with & and > as they are: purls have them.
func encode(d document) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(d)
	return out.Bytes(), err
}

// serial returns a UUID of version 8, derived from the subject of the document: it is different for
// another archive, and the same for the same archive.
func serial(about string) string {
	sum := sha256.Sum256([]byte(about))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
