package build

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
)

// Agents are the programs for pods, built and packed.
type Agents struct {
	// Programs are the files that hold them, not compressed.
	Programs []string

	packed  [][]byte
	overlay string
}

// agentDir is the directory of the agents that package embedded embeds.
const agentDir = "pkg/agent/embedded/programs"

// Agents builds the agents and packs them. It does not write them into the work tree, where
// other builds would embed them: an overlay adds them to the builds that
// need them.
func (c Compiler) Agents(ctx context.Context) (Agents, error) {
	var agents Agents
	shown := map[string]string{}
	for _, arch := range []string{"amd64", "arm64"} {
		program := filepath.Join(c.Scratch, "batch-agent-linux-"+arch)
		if err := c.compile(ctx, Platform{OS: "linux", Arch: arch}, nil, "./cmd/batch-agent", program, "-tags", "nethttpomithttp2"); err != nil {
			return Agents{}, err
		}
		packed, err := pack(program, filepath.Join(c.Scratch, embedded.File(arch)))
		if err != nil {
			return Agents{}, err
		}
		agents.Programs, agents.packed = append(agents.Programs, program), append(agents.packed, packed)
		shown[filepath.Join(c.Folder, agentDir, embedded.File(arch))] = filepath.Join(c.Scratch, embedded.File(arch))
	}
	if err := c.hide(shown); err != nil {
		return Agents{}, err
	}
	agents.overlay = filepath.Join(c.Scratch, "overlay.json")
	return agents, writeOverlay(agents.overlay, shown)
}

func pack(program, into string) ([]byte, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	packed, err := embedded.Pack(content)
	if err != nil {
		return nil, err
	}
	return packed, os.WriteFile(into, packed, 0o600) //nolint:gosec // into our own folder
}

// hide removes from the build what `make build` has left, or is currently writing, in the
// directory of the agents.
func (c Compiler) hide(shown map[string]string) error {
	var others []string
	for file := range shown {
		others = append(others, file+".part")
	}
	for _, pattern := range []string{"*.gz", "*.gz.part"} {
		matches, err := filepath.Glob(filepath.Join(c.Folder, agentDir, pattern))
		if err != nil {
			return err
		}
		others = append(others, matches...)
	}
	for _, file := range others {
		if _, ours := shown[file]; !ours {
			shown[file] = "" // no file, to the go command
		}
	}
	return nil
}

func writeOverlay(name string, shown map[string]string) error {
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": shown})
	if err != nil {
		return err
	}
	return os.WriteFile(name, overlay, 0o600)
}

// in checks whether a program contains the agents: the go command does not report which files
// of an overlay it used.
func (a Agents) in(program string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	for i, packed := range a.packed {
		if !bytes.Contains(content, packed) {
			return fmt.Errorf("%s is not embedded in %s", filepath.Base(a.Programs[i]), program)
		}
	}
	return nil
}
