//go:build linux

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// built is the program, as `make build` makes it.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "batch-agent")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "batch-agent")
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

func program(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// process is a running agent.
type process struct {
	*exec.Cmd
	socket string
}

// serve starts an agent on root, which ends with the test.
func serve(t testing.TB, root string) *process {
	t.Helper()
	return serveWith(t, root, func(*process, string) {})
}

func serveWith(t testing.TB, root string, prepare func(p *process, folder string)) *process {
	t.Helper()
	folder, err := os.MkdirTemp("", "agent") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	p := &process{socket: filepath.Join(folder, "socket")}
	p.Cmd = exec.Command(program(t), "serve", root, p.socket)
	p.Stderr = os.Stderr
	prepare(p, folder)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
		_ = os.RemoveAll(folder)
	})
	for range 3000 {
		if conn, err := net.Dial("unix", p.socket); err == nil {
			_ = conn.Close()
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the agent does not listen")
	return nil
}

func httpClient(t testing.TB, dial func(context.Context) (net.Conn, error)) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (p *process) local(t testing.TB) *http.Client {
	t.Helper()
	return httpClient(t, func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", p.socket)
	})
}

// tunnel enrolls a client and lets it come through the network.
func (p *process) tunnel(t testing.TB) *http.Client {
	t.Helper()
	mine, err := mtls.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.local(t).Post("http://agent/v1/enroll", "", bytes.NewReader(mine.PEM()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var enrolment wire.Enrolment
	if err := json.NewDecoder(answer.Body).Decode(&enrolment); err != nil {
		t.Fatal(err)
	}
	config := mine.Client([]byte(enrolment.Certificate))
	return httpClient(t, func(ctx context.Context) (net.Conn, error) { return agenttest.Dial(ctx, enrolment.Port, config) })
}

// peak is the most memory that the agent ever had, in bytes.
func (p *process) peak(t testing.TB) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var kilobytes int64
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// processor is how much processor time the agent took so far.
func (p *process) processor(t testing.TB) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

func TestTerminates(t *testing.T) {
	p := serve(t, t.TempDir())
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %s to end", took)
	}
}
