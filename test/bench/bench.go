package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/dataset"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/meter"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

// bench is one run of the program.
type bench struct {
	flags

	began   time.Time
	work    string // on disk; what is copied goes below it
	lock    *flock.Flock
	env     []string
	sets    []dataset.Set
	cluster *meter.Cluster
	lines   map[string][]line // by link; more than one serve contenders side by side
	closers []func(context.Context)
	sources map[string]source
	// speaks holds the flags that fetch has.
	speaks map[string]bool

	mu      sync.Mutex // what contenders side by side share
	results report.Results
	failed  int
}

// source is a data set on its claim.
type source struct {
	dir  string // on this machine, which is the node
	tree dataset.Tree
}

func newBench(ctx context.Context, f flags) (*bench, error) {
	if os.Getenv("CLUSTER_OURS") != "1" {
		return nil, errors.New("this needs a cluster of ours: bin/cluster exec -- bin/bench (make bench does that)")
	}
	b := &bench{
		flags: f, began: time.Now(), sets: dataset.All(f.short), sources: map[string]source{}, lines: map[string][]line{}, speaks: map[string]bool{},
	}
	if _, err := os.Stat(f.plugin); err != nil {
		return nil, fmt.Errorf("the program to measure: %w", err)
	}
	err := b.open(ctx)
	if err != nil {
		b.close(ctx)
	}
	return b, err
}

func (b *bench) open(ctx context.Context) (err error) {
	if b.cluster, err = meter.Find(os.Getenv("KUBECONFIG")); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{b.makeWork, b.makeNamespace, b.makeLines, b.findFlags} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makeWork empties the directory that an earlier run may have left, and keeps
// others from it.
func (b *bench) makeWork(context.Context) error {
	b.work = filepath.Join(place(), "kubectl-batch-bench")
	lock := flock.New(b.work + ".lock")
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return err
	case !locked:
		return fmt.Errorf("another run is under way: %s is locked", lock.Path())
	}
	b.lock = lock
	if err := os.RemoveAll(b.work); err != nil {
		return err
	}
	bin := filepath.Join(b.work, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return err
	}
	b.env = append(os.Environ(),
		"PATH="+bin+":"+os.Getenv("PATH"), "HOME="+b.work, "XDG_CACHE_HOME="+b.work+"/cache",
		"KUBECTL_BATCH_HELPER_IMAGE="+os.Getenv("CLUSTER_IMAGE"))
	return os.Symlink(b.plugin, filepath.Join(bin, "kubectl-batch"))
}

// place is the directory of copies: in memory, if there is enough, so that no run has to
// wait for a disk, or for data that the previous run is still writing.
func place() string {
	const memory, enough = "/dev/shm", 6 << 30
	_, err := os.Stat(memory)
	if space, ok := localtree.Free(memory); err == nil && ok && space > enough && os.Getenv("TMPDIR") == "" {
		return memory
	}
	return os.TempDir()
}

// close removes what the run has created, also after an interruption.
func (b *bench) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	for _, do := range slices.Backward(b.closers) {
		do(ctx)
	}
	if b.lock != nil {
		_ = os.RemoveAll(b.work)
		_ = b.lock.Close() // the system does it too
	}
}

// command is a command line with the environment of a user.
func (b *bench) command(ctx context.Context, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = b.env
	program.Bind(cmd)
	return cmd
}

// kubectl runs kubectl for preparation or clean-up, and returns its output.
func (b *bench) kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := b.command(ctx, append([]string{"kubectl"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// findFlags queries the flags of the program.
func (b *bench) findFlags(ctx context.Context) error {
	help, err := b.kubectl(ctx, "", "batch", "fetch", "--help")
	if err != nil {
		return err
	}
	for word := range strings.FieldsFuncSeq(help, func(r rune) bool { return strings.ContainsRune(" \t\n,=['", r) }) {
		if strings.HasPrefix(word, "--") {
			b.speaks[word] = true
		}
	}
	return nil
}
