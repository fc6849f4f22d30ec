package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/dataset"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// owned marks the namespace, so that no other one is ever removed.
const owned = "kubectl-batch-bench"

// makeNamespace creates an empty namespace, unless existing sets are reused.
func (b *bench) makeNamespace(ctx context.Context) error {
	existing, err := b.kubectl(ctx, "", "get", "namespace", b.namespace, "--ignore-not-found", "-o", "jsonpath={.metadata.name} {.metadata.labels."+owned+"}")
	if err != nil {
		return err
	}
	if existing != "" && !strings.HasSuffix(existing, " yes") {
		return fmt.Errorf("namespace %s is not one of bench's: give another one with -namespace", b.namespace)
	}
	if existing != "" && !b.keep {
		program.Log("removing what an earlier run left")
		if err := b.removeNamespace(ctx); err != nil {
			return err
		}
	}
	if !b.keep {
		b.closers = append(b.closers, func(ctx context.Context) {
			if err := b.removeNamespace(ctx); err != nil {
				program.Log("%v", err)
			}
		})
	}
	_, err = b.kubectl(ctx, fmt.Sprintf(`{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {%s: "yes"}}}`, b.namespace, owned), "apply", "-f", "-")
	return err
}

// removeNamespace waits until the namespace's volumes are deleted from the disk.
func (b *bench) removeNamespace(ctx context.Context) error {
	volumeList, err := b.kubectl(ctx, "", "get", "pv", "-o",
		`jsonpath={range .items[?(@.spec.claimRef.namespace=="`+b.namespace+`")]}{.metadata.name} {.spec.local.path}{"\n"}{end}`)
	if err != nil {
		return err
	}
	if _, err := b.kubectl(ctx, "", "delete", "pods", "--all", "-n", b.namespace, "--wait", "--force"); err != nil {
		return err
	}
	var volumes []string
	for line := range strings.Lines(volumeList) {
		name, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		volumes = append(volumes, "pv/"+name)
		b.emptyVolume(name, dir)
	}
	if _, err := b.kubectl(ctx, "", "delete", "namespace", b.namespace, "--timeout=5m"); err != nil || len(volumes) == 0 {
		return err
	}
	_, err = b.kubectl(ctx, "", append([]string{"wait", "--for=delete", "--timeout=5m"}, volumes...)...)
	return err
}

// emptyVolume spares the provisioner its slow way through very many files.
func (b *bench) emptyVolume(name, dir string) {
	if !filepath.IsAbs(dir) || !strings.Contains(filepath.Base(dir), name+"_"+b.namespace+"_") {
		return // not as that provisioner names its volumes
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*")) // whatever is left goes with the volume
	for _, path := range files {
		_ = os.RemoveAll(path) // of this program's namespace
	}
}

// Pods that mount all claims, for contenders that read from a running pod. They request
// no resources, so that a helper pod has room on the node.
const (
	unlimited = "reader"
	limited   = "reader-1cpu"
)

// makeSources makes the claims of the sets, the pods that have them, and fills
// them.
func (b *bench) makeSources(ctx context.Context, names []string) error {
	var manifests []string
	for _, name := range names {
		manifests = append(manifests, fmt.Sprintf(`{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %s},
  spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}}`, name))
	}
	manifests = append(manifests, reader(unlimited, "{}", names), reader(limited, "{requests: {cpu: 0, memory: 0}, limits: {cpu: 1, memory: 256Mi}}", names))
	program.Log("making %d claims", len(names))
	if _, err := b.kubectl(ctx, "", "delete", "pods", "--all", "-n", b.namespace, "--wait", "--force"); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "-n", b.namespace, "-f", "-"},
		{"wait", "-n", b.namespace, "--for=condition=Ready", "--timeout=3m", "pod/" + unlimited, "pod/" + limited},
	} {
		if _, err := b.kubectl(ctx, strings.Join(manifests, "\n---\n"), args...); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := b.fill(ctx, name); err != nil {
			return err
		}
	}
	// Written data is flushed to the disk before the measurement, not during it.
	program.Sync()
	return nil
}

func reader(name, resources string, claims []string) string {
	var mounts, volumes []string
	for _, claim := range claims {
		mounts = append(mounts, fmt.Sprintf("{name: %s, mountPath: /data/%s}", claim, claim))
		volumes = append(volumes, fmt.Sprintf("{name: %s, persistentVolumeClaim: {claimName: %s}}", claim, claim))
	}
	return fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {terminationGracePeriodSeconds: 0, volumes: [%s],
  containers: [{name: reader, image: %q, command: [sleep, "100000"], resources: %s, volumeMounts: [%s]}]}}`,
		name, strings.Join(volumes, ", "), os.Getenv("CLUSTER_IMAGE"), resources, strings.Join(mounts, ", "))
}

// fill creates the set directly in the directory of the claim's volume, which is on this machine.
func (b *bench) fill(ctx context.Context, name string) error {
	set, err := dataset.Find(b.sets, name)
	if err != nil {
		return err
	}
	dir, err := b.volumeOf(ctx, name)
	if err != nil {
		return err
	}
	if err := b.fillOnce(ctx, set, dir); err != nil {
		return fmt.Errorf("making set %s: %w", name, err)
	}
	tree, err := dataset.Scan(dir)
	if err != nil {
		return err
	}
	b.sources[name] = source{dir, tree}
	program.Log("%-12s %s: %d files, %d MiB%s", name, set.Title, tree.Files, tree.Bytes>>20, b.describe(name, set.Title, dir))
	return nil
}

// volumeOf returns the directory of a claim's volume.
func (b *bench) volumeOf(ctx context.Context, claim string) (string, error) {
	volume, err := b.kubectl(ctx, "", "get", "pvc", claim, "-n", b.namespace, "-o", "jsonpath={.spec.volumeName}")
	if err != nil {
		return "", err
	}
	dir, err := b.kubectl(ctx, "", "get", "pv", volume, "-o", "jsonpath={.spec.local.path}{.spec.hostPath.path}")
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) {
		return "", fmt.Errorf("the volume of claim %s is %q, which is no directory of this machine", claim, dir)
	}
	return dir, nil
}

// fillOnce skips a set that, according to the claim, an earlier run has completed.
func (b *bench) fillOnce(ctx context.Context, set dataset.Set, dir string) error {
	done, err := b.kubectl(ctx, "", "get", "pvc", set.Name, "-n", b.namespace, "-o", "jsonpath={.metadata.annotations."+owned+"}")
	if err != nil || done == set.Title {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	if err := set.Fill(dir); err != nil {
		return err
	}
	_, err = b.kubectl(ctx, "", "annotate", "pvc", set.Name, "-n", b.namespace, owned+"="+set.Title)
	return err
}

// describe records what the set is, for the page.
func (b *bench) describe(name, title, dir string) (detail string) {
	if strings.HasPrefix(name, "text") {
		if share, err := dataset.Compressed(dir); err == nil {
			detail = fmt.Sprintf(", of which the fastest zstd leaves %.0f%%", 100*share)
		}
	}
	b.results.Sets = append(b.results.Sets, [2]string{name, title + detail})
	return detail
}
