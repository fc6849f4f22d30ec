package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/link"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

// contender is a way to copy a data set here.
type contender struct {
	name string
	// main is whether a goal names it.
	main bool
	// pipeline returns the programs that copy set into the existing directory dir.
	pipeline func(ctx context.Context, l line, set, dir string) ([]*exec.Cmd, error)
	// fetch are the flags, if it is a fetch.
	fetch []string
	// answers means that it reports the transfer time itself.
	answers bool
}

// needs lists the flags of fetch without which a contender cannot start.
func (c contender) needs() []string {
	var needs []string
	for _, word := range c.fetch {
		if flag, _, ok := strings.Cut(word, "="); ok {
			needs = append(needs, flag)
		}
	}
	return needs
}

// flagValue returns the value of a flag that a fetch is given.
func (c contender) flagValue(flag string) string {
	for _, word := range c.fetch {
		if value, ok := strings.CutPrefix(word, flag+"="); ok {
			return value
		}
	}
	return ""
}

func (b *bench) cp() contender        { return b.copier(report.Cp, unlimited, true) }
func (b *bench) cpLimited() contender { return b.copier("kubectl cp, 1 CPU", limited, false) }

func (b *bench) copier(name, pod string, main bool) contender {
	return contender{name: name, main: main, pipeline: func(ctx context.Context, l line, set, dir string) ([]*exec.Cmd, error) {
		return []*exec.Cmd{b.onLine(ctx, l, "kubectl", "cp", pod+":/data/"+set, dir)}, nil
	}}
}

func (b *bench) tar() contender  { return b.tarPipe("kubectl exec, tar", "") }
func (b *bench) gzip() contender { return b.tarPipe("kubectl exec, tar, gzip", "z") }

func (b *bench) tarPipe(name, compress string) contender {
	return contender{name: name, pipeline: func(ctx context.Context, l line, set, dir string) ([]*exec.Cmd, error) {
		return []*exec.Cmd{
			b.onLine(ctx, l, "kubectl", "exec", unlimited, "--", "tar", "c"+compress+"f", "-", "-C", "/data/"+set, "."),
			b.command(ctx, "tar", "x"+compress+"f", "-", "-C", dir),
		}, nil
	}}
}

// transport is a fetch over one transport, with the compression it chooses.
func (b *bench) transport(name string) contender {
	return b.fetcher("fetch, "+name, name == "tunnel", "--transport="+name)
}

// compression is a fetch through the tunnel with one that is given.
func (b *bench) compression(name string) contender {
	return b.fetcher("fetch, "+name, false, "--transport=tunnel", "--compress="+name)
}

func (b *bench) fetcher(name string, main bool, flags ...string) contender {
	flags = append(flags, "--output=json")
	return contender{name: name, main: main, fetch: flags, answers: true, pipeline: func(ctx context.Context, l line, set, dir string) ([]*exec.Cmd, error) {
		return []*exec.Cmd{b.onLine(ctx, l, append([]string{"kubectl", "batch", "fetch", "pvc/" + set, "-d", dir}, flags...)...)}, nil
	}}
}

// bare is a TCP stream of the set's only file, with nothing around it.
func (b *bench) bare() contender {
	return contender{name: report.TCP, main: true, answers: true, pipeline: func(ctx context.Context, l line, set, dir string) ([]*exec.Cmd, error) {
		files, err := filepath.Glob(filepath.Join(b.sources[set].dir, "*"))
		if err != nil || len(files) != 1 {
			return nil, fmt.Errorf("a bare stream is of one file: %v, %w", files, err)
		}
		addr, err := link.Serve(ctx, l.host, files[0])
		if err != nil {
			return nil, err
		}
		self, err := os.Executable()
		return []*exec.Cmd{b.onLine(ctx, l, self, receiver, addr, filepath.Join(dir, filepath.Base(files[0])))}, err
	}}
}

// onLine is a command line that runs at the far end of a line.
func (b *bench) onLine(ctx context.Context, l line, words ...string) *exec.Cmd {
	cmd := b.command(ctx, append(append([]string(nil), l.command...), words...)...)
	cmd.Env = append(cmd.Env, "KUBECONFIG="+l.kubeconfig)
	return cmd
}

// answer is the JSON result of a fetch.
type answer struct {
	WireBytes       int64             `json:"wireBytes"`
	TransferSeconds float64           `json:"transferSeconds"`
	TotalSeconds    float64           `json:"totalSeconds"`
	Transport       string            `json:"transport"`
	Compression     string            `json:"compression"`
	Verified        any               `json:"verified"`
	Refused         []json.RawMessage `json:"refused"`
}

// parseAnswer parses a fetch's result and compares it with the requested flags.
func (c contender) parseAnswer(stdout []byte) (a answer, err error) {
	if err := json.Unmarshal(stdout, &a); err != nil {
		return a, fmt.Errorf("the answer is no JSON: %w: %.200s", err, stdout)
	}
	switch want := c.flagValue("--transport"); {
	case want != "" && a.Transport != want:
		return a, fmt.Errorf("asked for transport %s, it was %q", want, a.Transport)
	case len(a.Refused) > 0:
		return a, fmt.Errorf("%d files refused, the first: %s", len(a.Refused), a.Refused[0])
	case a.Verified == false:
		return a, errors.New("it says of itself that it is not verified")
	}
	return a, nil
}
