package build

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Source is what a release is built from.
type Source struct {
	// Commit is the commit, with -dirty behind it if the work tree has other files, or
	// empty if it is not known.
	Commit string
	// Time is the time of the commit. A release contains no other time.
	Time time.Time
}

// ReadSource reads the git checkout in folder. epoch is SOURCE_DATE_EPOCH, which
// replaces the time of the commit, and commit replaces the checkout's; each may
// be "".
func ReadSource(ctx context.Context, folder, epoch, commit string) (Source, error) {
	source, err := fromGit(ctx, folder)
	if err != nil && epoch == "" {
		return Source{}, fmt.Errorf("cannot find the time of the commit: %w; "+
			"build in a git checkout, or set SOURCE_DATE_EPOCH to the seconds since 1970", err)
	}
	if commit != "" {
		source.Commit = commit
	}
	if epoch != "" {
		if source.Time, err = seconds(epoch); err != nil {
			return Source{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
	}
	return source, nil
}

// fromGit queries git, without taking any of its locks.
func fromGit(ctx context.Context, folder string) (Source, error) {
	prefix, err := git(ctx, folder, "rev-parse", "--show-prefix")
	if err != nil {
		return Source{}, err
	}
	if prefix != "" { // sources that were unpacked inside of somebody else's repository
		return Source{}, errors.New("not the top directory of a git checkout, but its subdirectory " + prefix)
	}
	shown, err := git(ctx, folder, "log", "-1", "--format=%H %ct")
	if err != nil {
		return Source{}, err
	}
	commit, stamp, _ := strings.Cut(shown, " ")
	commitTime, err := seconds(stamp)
	if err != nil {
		return Source{}, err
	}
	changes, err := git(ctx, folder, "status", "--porcelain")
	if changes != "" {
		commit += "-dirty"
	}
	return Source{Commit: commit, Time: commitTime}, err
}

// git runs git and returns its output, without the last line break.
func git(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"--no-optional-locks"}, args...)...)
	command.Dir = folder
	out, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

func seconds(text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, fmt.Errorf("%q is not a number of seconds since 1970", text)
	}
	return time.Unix(n, 0).UTC(), nil
}
