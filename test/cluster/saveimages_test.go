package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/image"
)

// TestSaveImages: the printed variables name the images in the archives.
func TestSaveImages(t *testing.T) {
	if busybox, err := exec.LookPath("busybox"); err != nil || !image.IsStatic(busybox) {
		t.Skip("needs a static busybox")
	}
	dir := filepath.Join(t.TempDir(), "images")
	var printed bytes.Buffer
	cmd := newCommand(&settings{})
	cmd.SetArgs([]string{"save-images", dir})
	cmd.SetOut(&printed)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for variable, archive := range map[string]string{"CLUSTER_IMAGE": "busybox.tar", "CLUSTER_EXAMPLE_IMAGE": "ds-job.tar"} {
		_, rest, found := strings.Cut(printed.String(), "export "+variable+"=")
		name, _, _ := strings.Cut(rest, "\n")
		if !found || name == "" {
			t.Fatalf("%s is not in %q", variable, printed.String())
		}
		data, err := os.ReadFile(filepath.Join(dir, archive))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(`"RepoTags":["`+name+`"]`)) {
			t.Errorf("%s does not hold image %s", archive, name)
		}
	}
}
