package volume

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Mount is an existing claim as a job mounts it.
type Mount struct {
	Claim string
	// SubPath is a folder on the volume, "" for all of it.
	SubPath string
	// Path is where it appears in the container, absolute and clean.
	Path     string
	ReadOnly bool
}

// ParseMount reads NAME[/SUBPATH][:/path[:ro]]; the path is /NAME by default.
func ParseMount(text string) (Mount, error) {
	source, rest, hasPath := strings.Cut(text, ":")
	claim, subPath, _ := strings.Cut(source, "/")
	m := Mount{Claim: claim, SubPath: subPath, Path: "/" + claim}
	if hasPath {
		var mode string
		m.Path, mode, _ = strings.Cut(rest, ":")
		switch {
		case rest == "ro":
			m.Path, m.ReadOnly = "/"+claim, true
		case mode == "ro":
			m.ReadOnly = true
		case strings.Contains(rest, ":"):
			return Mount{}, fmt.Errorf("%q: after the path only ro can follow", text)
		}
	}
	return m, m.check(text)
}

func (m *Mount) check(text string) error {
	if problems := validation.IsDNS1123Subdomain(m.Claim); len(problems) > 0 {
		return fmt.Errorf("%q: %q is not the name of a claim: %s", text, m.Claim, problems[0])
	}
	if m.SubPath != "" && (path.Clean(m.SubPath) != strings.TrimSuffix(m.SubPath, "/") || strings.HasPrefix(m.SubPath, "/") || outside(m.SubPath)) {
		return fmt.Errorf("%q: %q is not a folder inside the volume", text, m.SubPath)
	}
	m.SubPath = strings.TrimSuffix(m.SubPath, "/")
	clean, err := MountPath(m.Path)
	if err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	m.Path = clean
	return nil
}

func outside(name string) bool { return name == ".." || strings.HasPrefix(name, "../") }

// MountPath checks a path in a container where a volume is to appear.
func MountPath(text string) (string, error) {
	switch clean := path.Clean(text); {
	case !strings.HasPrefix(text, "/"):
		return "", fmt.Errorf("the path %q is not absolute", text)
	case clean == "/":
		return "", errors.New("a volume at / would hide the image's own files")
	default:
		return clean, nil
	}
}
