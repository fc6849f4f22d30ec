package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Sources returns the directories on this machine that contain the sources of modules. The modules are given by
// path; the keys of the result are PATH@VERSION, and "" for Go itself. A module of which
// nothing was compiled on this machine is missing.
func (c Compiler) Sources(ctx context.Context, modules []string) (map[string]string, error) {
	root, err := c.ask(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	folders := map[string]string{"": strings.TrimSpace(root)}
	const format = "{{with or .Replace .}}{{if .Dir}}{{.Path}}@{{.Version}}\t{{.Dir}}{{end}}{{end}}"
	listed, err := c.ask(ctx, append([]string{"list", "-m", "-f", format}, modules...)...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(listed) {
		if module, folder, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			folders[module] = folder
		}
	}
	return folders, nil
}

// ask returns what the go command answers.
func (c Compiler) ask(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	var out bytes.Buffer
	command.Dir = c.Folder
	command.Stdout = &out
	command.Stderr = c.Output
	command.Env = append(os.Environ(), onlyThisModule()...)
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return out.String(), nil
}
