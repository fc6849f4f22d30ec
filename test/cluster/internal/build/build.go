package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Builder builds into Cache and reports slow work to Say.
type Builder struct {
	Cache string
	Say   func(format string, args ...any)
}

// Ensure returns the directory that holds the component's binaries, and builds
// them first unless exactly these have been built before.
func (b Builder) Ensure(ctx context.Context, c Component) (string, error) {
	toolchain, err := goVersion(ctx, c.Dir)
	if err != nil {
		return "", err
	}
	key, err := Key(c, toolchain)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.Cache, c.Name+"-"+key)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	b.announce(c)
	if err := b.build(ctx, c, dir); err != nil {
		return "", fmt.Errorf("building %s: %w", c.Name, err)
	}
	return dir, nil
}

func (b Builder) announce(c Component) {
	if c.Slow != "" {
		b.Say("building %s, once: %s", c.Name, c.Slow)
		return
	}
	b.Say("building %s, once", c.Name)
}

// build works in a directory of another name, so that a build that was cut off
// never counts as done.
func (b Builder) build(ctx context.Context, c Component, dir string) error {
	if err := os.MkdirAll(b.Cache, 0o755); err != nil {
		return err
	}
	temp := dir + ".part"
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o755)); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if err := goBuild(ctx, c, temp); err != nil {
		return err
	}
	for _, link := range c.Links {
		if err := os.Symlink(c.Binary, filepath.Join(temp, link)); err != nil {
			return err
		}
	}
	return os.Rename(temp, dir)
}

func goBuild(ctx context.Context, c Component, out string) error {
	target := out + string(filepath.Separator)
	if c.Binary != "" {
		target = filepath.Join(out, c.Binary)
	}
	version := func(module string) string { return moduleVersion(ctx, c.Dir, module) }
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", c.Tags, "-ldflags", c.ldflags(version), "-o", target}
	return runGo(ctx, c.Dir, append(args, c.Packages...)...)
}

// Static builds one package of a module into the file out. Go's own cache
// makes that cheap when nothing has changed.
func Static(ctx context.Context, dir, pkg, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return runGo(ctx, dir, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out, pkg)
}

func runGo(ctx context.Context, dir string, args ...string) error {
	cmd := goCommand(ctx, dir, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

// goCommand keeps the module alone: a workspace or flags from outside must not
// change what is pinned.
func goCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, goTool(), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly", "GOOS=linux")
	if os.Getenv("HOME") == "" { // Go keeps its caches there
		cmd.Env = append(cmd.Env, "HOME=/root")
	}
	return cmd
}

// goTool finds Go where sudo has cut the PATH short, too.
func goTool() string {
	if path, err := exec.LookPath("go"); err == nil {
		return path
	}
	const usual = "/usr/local/go/bin/go"
	if _, err := os.Stat(usual); !errors.Is(err, fs.ErrNotExist) {
		return usual
	}
	return "go"
}

func goVersion(ctx context.Context, dir string) (string, error) {
	out, err := goCommand(ctx, dir, "env", "GOVERSION", "GOARCH").Output()
	if err != nil {
		return "", fmt.Errorf("asking for the Go version: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func moduleVersion(ctx context.Context, dir, module string) string {
	out, err := goCommand(ctx, dir, "list", "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
