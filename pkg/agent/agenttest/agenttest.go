// Package agenttest runs a real agent inside a test, on real sockets.
package agenttest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// Agent is an agent that runs until the test ends.
type Agent struct {
	// Socket is the path of the Unix socket for processes in the pod.
	Socket string
	// Done is closed when the agent has ended.
	Done <-chan struct{}
}

// NeedLinux skips the test on other systems: an agent runs in a pod, and does not support
// holes and hard links elsewhere.
func NeedLinux(tb testing.TB) {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip("agents run on Linux only")
	}
}

// Start serves root. Start sets Root, Socket and Now of o. Pauses before retries are short.
func Start(tb testing.TB, root string, o server.Options) *Agent {
	tb.Helper()
	NeedLinux(tb)
	// The path of a socket must be short.
	folder, err := os.MkdirTemp("", "agent")
	if err != nil {
		tb.Fatal(err)
	}
	o.Root = root
	o.Socket = filepath.Join(folder, "socket")
	o.Now = time.Now
	o.FirstPause = cmp.Or(o.FirstPause, time.Millisecond)
	ctx, stop := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Run(ctx, o); err != nil {
			tb.Errorf("the agent ended: %v", err)
		}
	}()
	a := &Agent{Socket: o.Socket, Done: done}
	tb.Cleanup(func() {
		stop()
		<-done
		_ = os.RemoveAll(folder)
	})
	a.await(tb)
	return a
}

// await returns once the agent answers.
func (a *Agent) await(tb testing.TB) {
	tb.Helper()
	for range 3000 {
		answer, err := a.Local(tb).Get("http://agent/v1/ping")
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatal("the agent does not answer")
}

// Enroll registers the certificate of mine as that of the agent's client.
func (a *Agent) Enroll(tb testing.TB, mine *mtls.Pair) wire.Enrolment {
	tb.Helper()
	answer, err := a.Local(tb).Post("http://agent/v1/enroll", "application/x-pem-file", bytes.NewReader(mine.PEM()))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var enrolment wire.Enrolment
	if err := json.NewDecoder(answer.Body).Decode(&enrolment); err != nil {
		tb.Fatal(err)
	}
	return enrolment
}
