package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/build"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/image"
)

// SaveTestImages writes the two images that the scripts use on every cluster, BusyboxImage and ExampleImage, to
// busybox.tar and ds-job.tar in dir. root is the root of the repository. Neither a registry nor root is needed.
func SaveTestImages(ctx context.Context, root, dir string) (err error) {
	busybox, err := exec.LookPath("busybox")
	if err != nil || !image.IsStatic(busybox) {
		return errors.New("no static busybox on PATH; install the package busybox-static")
	}
	temp, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	b := build.Builder{Cache: temp, Say: func(string, ...any) {}}
	targets, err := b.Targets(ctx, []build.Component{build.Example(root)})
	if err != nil {
		return err
	}
	if err := b.Build(ctx, targets); err != nil {
		return err
	}
	busyboxImage, err := image.Busybox(busybox, BusyboxImage)
	if err != nil {
		return err
	}
	exampleImage, err := image.Program(ExampleImage, filepath.Join(targets[0].Out, "ds-job"))
	if err != nil {
		return err
	}
	return errors.Join(
		saveImage(filepath.Join(dir, "busybox.tar"), busyboxImage),
		saveImage(filepath.Join(dir, "ds-job.tar"), exampleImage),
	)
}

func saveImage(path string, img image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(img.Write(file), file.Close())
}
