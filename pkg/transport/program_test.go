package transport_test

import (
	"errors"
	"testing"

	"k8s.io/client-go/util/exec"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Only what runtimes say of a missing shell is final; other files can be missing for a moment.
func TestNoShell(t *testing.T) {
	for text, want := range map[string]bool{
		`OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown`: true,
		"container create failed: executable file `sh` not found in $PATH: No such file or directory":                                      true,
		`failed to exec in container: failed to start exec "5f": OCI runtime exec failed: exec: "sh": stat sh: no such file or directory`:  true,
		"fork/exec /bin/sh: no such file or directory": true,
		"sh: no such file or directory":                true,
		`failed to exec in container: failed to create exec "5f": open /run/containerd/fifo/exec: no such file or directory`: false,
		"error dialing backend: open /var/lib/kubelet/pki/kubelet.crt: no such file or directory":                            false,
		`container not found ("helper")`: false,
		`executable file not found`:      false,
		`OCI runtime exec failed: exec failed: unable to start container process: exec: "nvidia-hook": executable file not found in $PATH`: false,
	} {
		if got := transport.NoShell(errors.New(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for code, want := range map[int]bool{0: false, 1: false, 126: true, 127: true, 137: false} {
		if got := transport.NoShell(exec.CodeExitError{Err: errors.New("ended"), Code: code}); got != want {
			t.Errorf("%d: %v", code, got)
		}
	}
}
