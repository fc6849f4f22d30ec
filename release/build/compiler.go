package build

import (
	"context"
	_ "embed" // for flags
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Compiler runs the go command.
type Compiler struct {
	// Folder is the top directory of the work tree.
	Folder string
	// Scratch is a directory outside of it for intermediate files.
	Scratch string
	// Output receives the output of the go command.
	Output io.Writer
}

// Plugin compiles kubectl-batch into the file out, with the agents in it.
func (c Compiler) Plugin(ctx context.Context, p Platform, version, commit string, agents Agents, out string) error {
	const variables = "github.com/kubectl-batch/kubectl-batch/pkg/cmd/version"
	stamps := []string{"-X", variables + ".release=" + version}
	if commit != "" {
		stamps = append(stamps, "-X", variables+".commit="+commit)
	}
	if err := c.compile(ctx, p, stamps, "./cmd/kubectl-batch", out, append(lean(), "-overlay", agents.overlay)...); err != nil {
		return err
	}
	return agents.in(out)
}

// flags are those that `make build` has, too: a line each, and comments.
//
//go:embed flags
var flags string

// lean returns the flags that make the plugin smaller.
func lean() (options []string) {
	for line := range strings.Lines(flags) {
		if !strings.HasPrefix(line, "#") {
			options = append(options, strings.TrimSpace(line))
		}
	}
	return options
}

// compile runs go build. Without a build ID and with -trimpath, the program does not depend on the
// directory. With -buildvcs=false, it does not depend on git.
func (c Compiler) compile(ctx context.Context, p Platform, stamps []string, program, out string, options ...string) error {
	linker := strings.Join(append([]string{"-s", "-w", "-buildid="}, stamps...), " ")
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", linker, "-o", out}, options...)
	command := exec.CommandContext(ctx, "go", append(args, program)...)
	command.Dir = c.Folder
	command.Env = append(os.Environ(), settings(p)...)
	command.Stdout, command.Stderr = c.Output, c.Output
	if err := command.Run(); err != nil {
		return fmt.Errorf("building %s for %s: %w", program, p, err)
	}
	return nil
}

// settings returns all variables that change the output of the go command, so that the values of this
// machine have no effect.
func settings(p Platform) []string {
	return append([]string{
		"CGO_ENABLED=0",
		"GOOS=" + p.OS,
		"GOARCH=" + p.Arch,
		"GOAMD64=v1",
		"GOARM64=v8.0",
		"GOEXPERIMENT=",
		"GOFIPS140=off",
	}, onlyThisModule()...)
}

// onlyThisModule has the go command take the modules that go.mod and go.sum name, and no others.
func onlyThisModule() []string {
	return []string{"GOFLAGS=-mod=readonly", "GOWORK=off", "GO111MODULE=on"}
}
