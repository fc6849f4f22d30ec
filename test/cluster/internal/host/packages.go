package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/image"
)

// systemPaths are the directories of root's programs, which sudo and cron may omit.
const systemPaths = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"

// requirement is a program and the Debian package that brings it.
type requirement struct {
	program, pkg string
	fits         func(path string) bool
}

func requirements() []requirement {
	anything := func(string) bool { return true }
	return []requirement{
		{"runc", "runc", anything},
		{"busybox", "busybox-static", image.IsStatic},
		{"ip", "iproute2", anything},
		{"iptables", "iptables", anything},
		{"nsenter", "util-linux", anything},
		{"mount", "mount", anything},
	}
}

// ExtendPath adds the directories of root's programs that PATH lacks.
func ExtendPath() error {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, dir := range filepath.SplitList(systemPaths) {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return os.Setenv("PATH", strings.Join(dirs, string(filepath.ListSeparator)))
}

// EnsurePackages installs the missing Debian packages, or returns an error that names
// them if it cannot.
func EnsurePackages(ctx context.Context, say func(format string, args ...any)) error {
	missing := missingPackages()
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("programs of these Debian packages are missing, and there is no apt-get to install them: %s", names)
	}
	say("installing %s", names)
	if err := install(ctx, missing); err != nil {
		return fmt.Errorf("installing %s: %w", names, err)
	}
	if missing = missingPackages(); len(missing) > 0 {
		return errors.New("still missing after their installation: " + strings.Join(missing, " "))
	}
	return nil
}

func missingPackages() []string {
	var missing []string
	for _, r := range requirements() {
		path, err := exec.LookPath(r.program)
		if err != nil || !r.fits(path) {
			missing = append(missing, r.pkg)
		}
	}
	return missing
}

func install(ctx context.Context, packages []string) error {
	options := []string{"install", "-qy", "--no-install-recommends"}
	for _, args := range [][]string{{"update", "-q"}, slices.Concat(options, packages)} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
