//go:build unix

package helper

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// proc makes a directory as the kernel's /proc is in a helper.
func procWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestInUseCountsClientsOnly(t *testing.T) {
	const (
		head   = "  sl  local_address rem_address   st tx_queue rx_queue\n"
		listen = "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000\n"
		client = "   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000\n"
		ending = "   2: 0100007F:1F90 0100007F:D433 08 00000000:00000000\n"
	)
	for name, test := range map[string]struct {
		files map[string]string
		want  use
	}{
		"no client":           {map[string]string{"net/tcp6": head + listen + ending, "1/status": "PPid:\t0\n", "1/exe": ""}, idleEmpty},
		"a tunnel":            {map[string]string{"net/tcp6": head + listen + client}, unknown},
		"a tunnel over IPv4":  {map[string]string{"net/tcp": head + client, "net/tcp6": head}, unknown},
		"an exec":             {map[string]string{"net/tcp": head, "17/status": "Name:\tbatch-agent\nPPid:\t0\n", "17/exe": ""}, unknown},
		"a nap of its own":    {map[string]string{"net/tcp": head, "17/status": "Name:\tsleep\nPPid:\t1\n", "17/exe": ""}, idleEmpty},
		"a zombie":            {map[string]string{"net/tcp": head, "17/status": "PPid:\t0\n"}, idleEmpty},
		"connections unknown": {map[string]string{"1/status": ""}, unknown},
	} {
		for shell, fresh := range localexec.Shells(t) {
			t.Run(name+" "+shell, func(t *testing.T) {
				if got := queryUse(t.Context(), fresh(), transport.Container{}, procWith(t, test.files)); got != test.want {
					t.Errorf("%d; want %d", got, test.want)
				}
			})
		}
	}
}

// An answer that is cut anywhere is no answer.
func TestInUseNeedsTheWholeAnswer(t *testing.T) {
	proc := procWith(t, map[string]string{"net/tcp": "head\n"})
	for _, cut := range []int64{0, 10, 45} {
		executor := &localexec.Executor{Cuts: []int64{cut}}
		if got := queryUse(t.Context(), executor, transport.Container{}, proc); got != unknown {
			t.Errorf("cut after %d bytes: %d", cut, got)
		}
	}
}
