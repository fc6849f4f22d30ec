//go:build linux

package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

func TestCheckNamesItself(t *testing.T) {
	out, err := exec.Command(program(t), "check").Output()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(program(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d %x\n", len(whole), sha256.Sum256(whole)); string(out) != want {
		t.Errorf("%q instead of %q", out, want)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"serve", "/"}, {"join"}, {"other"}, {"check", "x"}} {
		out, err := exec.Command(program(t), args...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "batch-agent serve ROOT SOCKET") {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
}

// TestNothingOfKubernetesInIt keeps the agent small.
func TestNothingOfKubernetesInIt(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if strings.Contains(name, "k8s.io") || strings.HasSuffix(name, "/pkg/transfer") {
			t.Errorf("it imports %s", name)
		}
	}
}

// piped is a connection over the standard streams of a process.
type piped struct {
	net.Conn // for what is never called
	io.Reader
	io.WriteCloser
}

func (p piped) Read(b []byte) (int, error)     { return p.Reader.Read(b) }
func (p piped) Write(b []byte) (int, error)    { return p.WriteCloser.Write(b) }
func (p piped) Close() error                   { return p.WriteCloser.Close() }
func (piped) SetDeadline(time.Time) error      { return nil }
func (piped) SetReadDeadline(time.Time) error  { return nil }
func (piped) SetWriteDeadline(time.Time) error { return nil }

// joined is a client whose connections are processes.
func (p *process) joined(t testing.TB) *http.Client {
	t.Helper()
	return httpClient(t, func(context.Context) (net.Conn, error) {
		join := exec.Command(program(t), "join", p.socket)
		in, err := join.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := join.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := join.Start(); err != nil {
			return nil, err
		}
		t.Cleanup(func() {
			_ = in.Close()
			if err := join.Wait(); err != nil {
				t.Errorf("join: %v", err)
			}
		})
		return piped{Reader: out, WriteCloser: in}, nil
	})
}

func listed(t testing.TB, client *http.Client) (names []string, refused map[string]string) {
	t.Helper()
	source, err := agent.New(client, "auto")
	if err != nil {
		t.Fatal(err)
	}
	listing, err := source.List(t.Context(), []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listing.Close() }()
	refused = map[string]string{}
	for {
		item, err := listing.Next()
		if errors.Is(err, io.EOF) {
			slices.Sort(names)
			return names, refused
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, item.Path)
		if item.Refused != "" {
			refused[item.Path] = item.Refused
		}
	}
}

func TestJoined(t *testing.T) {
	root := t.TempDir()
	data := bytes.Repeat([]byte("joined "), 300_000)
	if err := os.WriteFile(filepath.Join(root, "f"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	client := serve(t, root).joined(t)
	if names, _ := listed(t, client); !slices.Equal(names, []string{".", "f"}) {
		t.Errorf("%v", names)
	}
	source, err := agent.New(client, "none")
	if err != nil {
		t.Fatal(err)
	}
	contents, err := source.Open(t.Context(), []transfer.Want{{Path: "f"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = contents.Close() }()
	var received []byte
	if _, err := contents.Next(); err != nil {
		t.Fatal(err)
	}
	for {
		chunk, err := contents.Chunk()
		if err != nil {
			break
		}
		received = append(received, chunk.Data...)
	}
	if !bytes.Equal(received, data) {
		t.Error("other data came")
	}
	client.CloseIdleConnections()
}
