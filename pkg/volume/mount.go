package volume

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
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

// Mounted is a claim as a container of a job has it.
type Mounted struct {
	Mount
	Container string
	// Varies means that the sub-path depends on the pod: SubPath is then the
	// part of it that does not, so that the folders of all pods are below it.
	Varies bool
	// TaskPath is what TaskFolder reads; empty where the sub-path does not vary
	// with the number of a task, or not with that alone.
	TaskPath string
}

// MountsOf returns the claims that the containers of spec mount, in their order,
// each claim and path once.
func MountsOf(spec corev1.PodSpec) []Mounted {
	claims := map[string]*corev1.PersistentVolumeClaimVolumeSource{}
	for _, v := range spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			claims[v.Name] = v.PersistentVolumeClaim
		}
	}
	var all []Mounted
	seen := map[Mount]bool{}
	for _, container := range spec.Containers {
		for _, mount := range container.VolumeMounts {
			source, ok := claims[mount.Name]
			if !ok {
				continue
			}
			m := mounted(container, mount, source)
			if !seen[m.Mount] {
				seen[m.Mount] = true
				all = append(all, m)
			}
		}
	}
	return all
}

func mounted(container corev1.Container, mount corev1.VolumeMount, source *corev1.PersistentVolumeClaimVolumeSource) Mounted {
	m := Mounted{Container: container.Name, Mount: Mount{
		Claim: source.ClaimName, SubPath: mount.SubPath, Path: path.Clean(mount.MountPath),
		ReadOnly: source.ReadOnly || mount.ReadOnly,
	}}
	if mount.SubPathExpr != "" {
		m.SubPath, m.TaskPath, m.Varies = expand(mount.SubPathExpr, container.Env)
	}
	return m
}

// Written returns the claims that job leaves results on: the one that run gave it,
// else all that its pods write to, each once.
func Written(job *batchv1.Job) []string {
	if claim := job.Annotations[owner.ResultsAnnotation]; claim != "" {
		return []string{claim}
	}
	var claims []string
	for _, m := range MountsOf(job.Spec.Template.Spec) {
		if !m.ReadOnly && !slices.Contains(claims, m.Claim) {
			claims = append(claims, m.Claim)
		}
	}
	return claims
}
