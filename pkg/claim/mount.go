package claim

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// Mount is an existing claim as a job mounts it.
type Mount struct {
	Claim string
	// SubPath is a directory on the volume, "" for the whole volume.
	SubPath string
	// Path is the mount path in the container, absolute and clean.
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
			return Mount{}, errors.New("only :ro is allowed after the mount path")
		}
	}
	return m, m.check()
}

func (m *Mount) check() error {
	if problems := validation.IsDNS1123Subdomain(m.Claim); len(problems) > 0 {
		return fmt.Errorf("invalid claim name %q: %s", m.Claim, spelling.Rule(problems))
	}
	if m.SubPath != "" && (path.Clean(m.SubPath) != strings.TrimSuffix(m.SubPath, "/") || strings.HasPrefix(m.SubPath, "/") || outside(m.SubPath)) {
		return fmt.Errorf("invalid sub-path %q: must be a relative path inside the volume", m.SubPath)
	}
	m.SubPath = strings.TrimSuffix(m.SubPath, "/")
	clean, err := MountPath(m.Path)
	m.Path = clean
	return err
}

func outside(name string) bool { return name == ".." || strings.HasPrefix(name, "../") }

// MountPath checks the mount path of a volume in a container.
func MountPath(text string) (string, error) {
	switch clean := path.Clean(text); {
	case !strings.HasPrefix(text, "/"):
		return "", fmt.Errorf("mount path %q is not absolute", text)
	case clean == "/":
		return "", errors.New("a volume mounted at / would hide the files of the image")
	default:
		return clean, nil
	}
}
