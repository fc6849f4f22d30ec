package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/image"
)

// archive is an image on disk.
type archive struct{ name, path, digest string }

// buildImages makes the four images that every node is given.
func (c *Cluster) buildImages() ([]archive, error) {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return nil, err
	}
	makers := []struct {
		name  string
		build func() (image.Image, error)
	}{
		{"pause", func() (image.Image, error) { return image.Program(pauseImage, filepath.Join(c.bins.pause, "pause")) }},
		{"busybox", func() (image.Image, error) { return image.Busybox(busybox, BusyboxImage, shortBusyboxImage) }},
		{"train", func() (image.Image, error) { return image.Training(busybox, trainImage) }},
		{"ds-job", func() (image.Image, error) {
			return image.Program(ExampleImage, filepath.Join(c.bins.example, "ds-job"))
		}},
	}
	var archives []archive
	for _, m := range makers {
		a, err := c.writeImage(m.name, m.build)
		if err != nil {
			return nil, fmt.Errorf("making the %s image: %w", m.name, err)
		}
		archives = append(archives, a)
	}
	return archives, nil
}

func (c *Cluster) writeImage(name string, build func() (image.Image, error)) (archive, error) {
	img, err := build()
	if err != nil {
		return archive{}, err
	}
	var buf bytes.Buffer
	if err := img.Write(&buf); err != nil {
		return archive{}, err
	}
	sum := sha256.Sum256(buf.Bytes())
	a := archive{name, filepath.Join(c.Cache, "images", name+".tar"), hex.EncodeToString(sum[:])}
	if err := os.MkdirAll(filepath.Dir(a.path), 0o755); err != nil {
		return archive{}, err
	}
	if err := os.WriteFile(a.path+".new", buf.Bytes(), 0o644); err != nil {
		return archive{}, err
	}
	return a, os.Rename(a.path+".new", a.path)
}

// LoadImage imports an archive of images into every running node.
func (c *Cluster) LoadImage(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	loaded := 0
	for _, n := range c.nodes() {
		if _, alive := c.table.Get(n.process("containerd")); !alive {
			continue
		}
		if err := n.importImage(ctx, path); err != nil {
			return err
		}
		loaded++
	}
	if loaded == 0 {
		return errors.New("no node is running: `up` starts them")
	}
	c.Say("loaded %s, nodes: %d", path, loaded)
	return nil
}

// ensureImage imports an image into the node unless it has exactly that one.
func (n node) ensureImage(ctx context.Context, a archive) error {
	stamp := filepath.Join(n.dir, "images", a.name)
	if b, err := os.ReadFile(stamp); err == nil && string(b) == a.digest {
		return nil
	}
	if err := n.importImage(ctx, a.path); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(a.digest), 0o644)
}

func (n node) importImage(ctx context.Context, path string) error {
	ctr := filepath.Join(n.c.state.Containerd, "ctr")
	args, err := n.enter(ctr, "--namespace", "k8s.io", "images", "import", "--local", "--snapshotter", n.snapshotter(), path)
	if err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("importing %s into %s: %w: %s", path, n.name, err, bytes.TrimSpace(out))
	}
	return nil
}
