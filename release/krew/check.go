package krew

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/version"
)

// What krew reads, and no other.
const (
	apiVersion = "krew.googlecontainertools.github.com/v1alpha2"
	kind       = "Plugin"
)

// shortest is how many characters the index gives the short description.
const shortest = 50

// Check returns every rule that the manifest of the plugin called name breaks.
func Check(name string, m Manifest) error {
	return errors.Join(
		checkHead(name, m),
		CheckVersion(m.Spec.Version),
		checkShort(m.Spec.ShortDescription),
		checkPlatforms(m.Spec.Platforms),
		checkCoverage(m.Spec.Platforms),
	)
}

func checkHead(name string, m Manifest) error {
	var faults []error
	if m.APIVersion != apiVersion {
		faults = append(faults, fmt.Errorf("apiVersion is %q instead of %q", m.APIVersion, apiVersion))
	}
	if m.Kind != kind {
		faults = append(faults, fmt.Errorf("kind is %q instead of %q", m.Kind, kind))
	}
	if m.Metadata.Name != name {
		faults = append(faults, fmt.Errorf("plugin name is %q instead of %q", m.Metadata.Name, name))
	}
	return errors.Join(append(faults, checkName(m.Metadata.Name))...)
}

// checkName refuses names that are no file names everywhere: on Windows some belong to
// devices.
func checkName(name string) error {
	if !regexp.MustCompile(`^[\w-]+$`).MatchString(name) {
		return fmt.Errorf("invalid name %q: must contain only letters, digits, \"-\" and \"_\"", name)
	}
	if regexp.MustCompile(`(?i)^(CON|PRN|AUX|NUL|(COM|LPT)[1-9])$`).MatchString(name) {
		return fmt.Errorf("invalid name %q: is a device name on Windows", name)
	}
	return nil
}

// CheckVersion refuses what is not a semantic version with a v before it.
func CheckVersion(v string) error {
	if !strings.HasPrefix(v, "v") {
		return fmt.Errorf("version %q does not start with v", v)
	}
	if _, err := version.ParseSemantic(v); err != nil || strings.TrimSpace(v) != v {
		return fmt.Errorf("version %q is not a semantic version such as v1.2.3", v)
	}
	return nil
}

func checkShort(text string) error {
	switch length := utf8.RuneCountInString(text); {
	case length == 0:
		return errors.New("shortDescription is missing")
	case strings.ContainsAny(text, "\r\n"):
		return errors.New("shortDescription has more than one line")
	case length > shortest:
		return fmt.Errorf("shortDescription has %d characters, the limit is %d", length, shortest)
	}
	return nil
}

func checkPlatforms(platforms []Platform) error {
	if len(platforms) == 0 {
		return errors.New("platforms is missing or empty")
	}
	var faults []error
	for i, p := range platforms {
		fault := errors.Join(checkArchive(p), checkFiles(p.Files), checkSelector(p.Selector), checkBin(p))
		if fault != nil {
			faults = append(faults, fmt.Errorf("platform %d: %w", i, fault))
		}
	}
	return errors.Join(faults...)
}

func checkArchive(p Platform) error {
	var faults []error
	if !strings.HasSuffix(p.URI, ".tar.gz") && !strings.HasSuffix(p.URI, ".zip") {
		faults = append(faults, fmt.Errorf("uri %q does not end in .tar.gz or .zip", p.URI))
	}
	if !regexp.MustCompile(`^[a-f0-9]{64}$`).MatchString(p.SHA256) {
		faults = append(faults, fmt.Errorf("sha256 %q is not 64 lower-case hexadecimal digits", p.SHA256))
	}
	return errors.Join(faults...)
}

func checkFiles(files []File) error {
	if files != nil && len(files) == 0 {
		return errors.New("files is empty, so nothing would be installed")
	}
	for _, file := range files {
		if file.From == "" || file.To == "" {
			return fmt.Errorf("files has an entry without from or to: %+v", file)
		}
	}
	return nil
}

func checkBin(p Platform) error {
	if p.Bin == "" {
		return errors.New("bin is missing")
	}
	for _, machine := range Supported() {
		if machine.OS == "windows" && p.selects(machine) && !strings.HasSuffix(p.Bin, ".exe") {
			return fmt.Errorf("bin %q is for Windows and does not end in .exe", p.Bin)
		}
	}
	return nil
}
