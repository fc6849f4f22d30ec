package krew_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/release/krew"
)

// valid is a manifest without a fault.
const valid = head + platforms

const head = `
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: batch
spec:
  version: v1.2.3
  homepage: https://h
  shortDescription: Run batch jobs
  description: |
    Long.
`

const platforms = `  platforms:
  - selector:
      matchLabels:
        os: linux
        arch: amd64
    uri: https://h/linux.tar.gz
    sha256: ` + sum + `
    files:
    - from: "*"
      to: .
    bin: kubectl-batch
  - selector:
      matchExpressions:
      - {key: os, operator: In, values: [windows]}
      - {key: arch, operator: NotIn, values: ["386"]}
    uri: https://h/windows.zip
    sha256: ` + sum + `
    bin: kubectl-batch.exe
`

// checkText decodes and checks a manifest.
func checkText(text string) error {
	m, err := krew.Decode([]byte(text))
	if err != nil {
		return err
	}
	return krew.Check("batch", m)
}

func TestCheck(t *testing.T) {
	if err := checkText(valid); err != nil {
		t.Error(err)
	}
}

// TestCheckFindsFaults plants one fault at a time.
func TestCheckFindsFaults(t *testing.T) {
	for name, c := range map[string]struct{ old, instead, want string }{
		"not YAML":                {"kind: Plugin", "kind: [", "reading the manifest"},
		"unknown field":           {"homepage:", "homePages:", `unknown field "homePages"`},
		"field twice":             {"kind: Plugin", "kind: Plugin\nkind: Plugin", `"kind" already set`},
		"other type":              {"version: v1.2.3", "version: [v1.2.3]", "reading the manifest"},
		"apiVersion":              {"v1alpha2", "v1", "apiVersion is"},
		"kind":                    {"kind: Plugin", "kind: Pod", "kind is"},
		"other name":              {"name: batch", "name: job", `"job" instead of "batch"`},
		"no name":                 {"name: batch", "name: \"\"", "letters, digits"},
		"name with a dot":         {"name: batch", "name: batch.v2", "letters, digits"},
		"device":                  {"name: batch", "name: Com1", "device"},
		"no version":              {"version: v1.2.3", "version: \"\"", "does not start with v"},
		"version without v":       {"version: v1.2.3", "version: 1.2.3", "does not start with v"},
		"version of two":          {"version: v1.2.3", "version: v1.2", "semantic version"},
		"version with zeros":      {"version: v1.2.3", "version: v1.02.3", "semantic version"},
		"version with a space":    {"version: v1.2.3", "version: \"v1.2.3 \"", "semantic version"},
		"no shortDescription":     {"Run batch jobs", "", "shortDescription is missing"},
		"lines":                   {"Run batch jobs", "|\n    Run\n    jobs", "more than one line"},
		"long":                    {"Run batch jobs", strings.Repeat("é", 51), "51 characters"},
		"no uri":                  {"uri: https://h/linux.tar.gz", "", `uri ""`},
		"other archive":           {"linux.tar.gz", "linux.tar.xz", "does not end in .tar.gz or .zip"},
		"no sha256":               {"sha256: " + sum, "", `sha256 ""`},
		"short sha256":            {sum, sum[1:], "lower-case hex"},
		"sha256 in capitals":      {sum, strings.ToUpper(sum), "lower-case hex"},
		"files empty":             {"files:\n    - from: \"*\"\n      to: .", "files: []", "files is empty"},
		"no from":                 {`from: "*"`, `from: ""`, "without from or to"},
		"no to":                   {"      to: .", "", "without from or to"},
		"no bin":                  {"bin: kubectl-batch\n", "bin: \"\"\n", "bin is missing"},
		"bin for Windows":         {"kubectl-batch.exe", "kubectl-batch", "does not end in .exe"},
		"no selector":             {selectLinux, "", "selector is missing"},
		"selector empty":          {selectLinux, "selector: {}", "selector is missing"},
		"labels empty":            {"      matchExpressions:", "      matchLabels: {}\n      matchExpressions:", "empty part"},
		"expressions empty":       {"        arch: amd64", "        arch: amd64\n      matchExpressions: []", "empty part"},
		"other key":               {"arch: amd64", "cpu: amd64", `uses label "cpu"`},
		"other key in expression": {"key: arch", "key: cpu", `uses label "cpu"`},
		"other operator":          {"operator: NotIn", "operator: Not", "not a valid"},
		"no machine":              {"arch: amd64", "arch: s390x", "matches no machine"},
		"two for one":             {"values: [windows]", "values: [windows, linux]", "platforms [0 1] all match linux/amd64"},
		"no platforms":            {platforms, "  platforms: []\n", "platforms is missing or empty"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(valid, c.old, c.instead, 1)
			if text == valid {
				t.Fatalf("%q is not in the manifest", c.old)
			}
			if err := checkText(text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, and %q was expected", err, c.want)
			}
		})
	}
}

const selectLinux = `selector:
      matchLabels:
        os: linux
        arch: amd64`

// TestCheckFindsAllFaults wants every fault told at once.
func TestCheckFindsAllFaults(t *testing.T) {
	err := krew.Check("batch", krew.Manifest{Spec: krew.Spec{Platforms: []krew.Platform{{}}}})
	for _, want := range []string{
		"apiVersion", "kind", "name", "version", "shortDescription", "platform 0", "uri", "sha256", "selector", "bin",
		"no machine",
	} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("nothing of %s in: %v", want, err)
		}
	}
}
