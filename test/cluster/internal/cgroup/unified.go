package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// enableControllers enables every controller of dir for its children (version
// 2). Only the root that a container sees as its own can contain
// processes then: they are moved first, as in every nested runtime.
func enableControllers(dir, root string) error {
	b, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for controller := range strings.FieldsSeq(string(b)) {
		err := enable(dir, controller)
		if errors.Is(err, syscall.EBUSY) && dir == root {
			if err = moveAside(root); err == nil {
				err = enable(dir, controller)
			}
		}
		if err != nil && needed(controller) {
			return fmt.Errorf("enabling cgroup controller %s in %s: %w", controller, dir, err)
		}
	}
	return nil
}

func enable(dir, controller string) error {
	return os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
}

// needed names the controllers that the kubelet refuses to work without.
func needed(controller string) bool {
	return controller == "cpu" || controller == "memory" || controller == "pids" || controller == "cpuset"
}

// moveAside puts the processes of a container's root cgroup into a child of it.
func moveAside(root string) error {
	child := filepath.Join(root, "init")
	if err := os.MkdirAll(child, 0o755); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(root, "cgroup.procs"))
	if err != nil {
		return err
	}
	for pid := range strings.FieldsSeq(string(b)) {
		// A process may have ended since, and a kernel thread cannot move.
		_ = os.WriteFile(filepath.Join(child, "cgroup.procs"), []byte(pid), 0o644)
	}
	return nil
}
