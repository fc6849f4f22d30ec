// Package krew renders this plugin's manifest for krew, the plugin manager of
// kubectl, and checks it as krew and the CI of its index do.
//
// Render produces the same text as krew-release-bot for the same template,
// Check finds the errors that krew finds, and Install simulates its installation.
// The package cannot check whether the index accepts the plugin, which people decide, or
// whether the archives can be downloaded, because it uses no network.
package krew

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// Manifest is what krew knows of a plugin.
type Manifest struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata is the plugin's name.
type Metadata struct {
	Name string `json:"name"`
}

// Spec describes a plugin.
type Spec struct {
	Version          string     `json:"version"`
	Homepage         string     `json:"homepage"`
	ShortDescription string     `json:"shortDescription"`
	Description      string     `json:"description"`
	Caveats          string     `json:"caveats"`
	Platforms        []Platform `json:"platforms"`
}

// Platform is an archive and the machines that it is for.
type Platform struct {
	URI      string                `json:"uri"`
	SHA256   string                `json:"sha256"`
	Selector *metav1.LabelSelector `json:"selector"`
	// Files are the files to install from the archive: all of them if nil.
	Files []File `json:"files"`
	// Bin is the path of the program among the installed files.
	Bin string `json:"bin"`
}

// File moves the files that match From in the archive to To below the plugin's directory.
type File struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Decode parses a manifest. An unknown or duplicate field
// is an error.
func Decode(data []byte) (Manifest, error) {
	var manifest Manifest
	if err := yaml.UnmarshalStrict(data, &manifest); err != nil {
		return Manifest{}, fmt.Errorf("reading the manifest: %w", err)
	}
	return manifest, nil
}
