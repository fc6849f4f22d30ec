// Package build compiles the programs of a release: the agents for pods, and the plugin
// that contains them.
//
// The programs depend on the sources, the version, the commit and
// the version of Go only: not on the directory, the time, the machine or
// its settings. The work tree does not change. The package does not check that the sources are
// those of the commit: build a release in a fresh checkout.
package build

import (
	"fmt"
	"slices"
	"strings"
)

// Platform is an operating system and an architecture, in Go's names.
type Platform struct {
	OS, Arch string
}

// String is OS/ARCH.
func (p Platform) String() string { return p.OS + "/" + p.Arch }

// Platforms returns the platforms of a release.
func Platforms() []Platform {
	return []Platform{
		{"linux", "amd64"},
		{"linux", "arm64"},
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"windows", "amd64"},
		{"windows", "arm64"},
	}
}

// ParsePlatforms reads OS/ARCH,OS/ARCH. An empty list stands for all.
func ParsePlatforms(list string) ([]Platform, error) {
	if list == "" {
		return Platforms(), nil
	}
	var platforms []Platform
	for word := range strings.SplitSeq(list, ",") {
		os, arch, _ := strings.Cut(word, "/")
		p := Platform{OS: os, Arch: arch}
		if !slices.Contains(Platforms(), p) {
			return nil, fmt.Errorf("unknown platform %q; must be one of %v", word, Platforms())
		}
		if !slices.Contains(platforms, p) {
			platforms = append(platforms, p)
		}
	}
	return platforms, nil
}

// Program is what the plugin's file is called.
func (p Platform) Program() string {
	if p.OS == "windows" {
		return "kubectl-batch.exe"
	}
	return "kubectl-batch"
}

// Archive is what a release's archive for the platform is called, without its ending.
func (p Platform) Archive(version string) string {
	return fmt.Sprintf("kubectl-batch_%s_%s_%s", version, p.OS, p.Arch)
}
