package transport

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/exec"
)

// Over another protocol only what cannot have begun, and did not end by itself, is tried again.
func TestWorthAnother(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx   context.Context
		err   error
		begun bool
		want  bool
	}{
		"done":                    {t.Context(), nil, false, false},
		"not upgraded":            {t.Context(), errors.New("websocket: bad handshake"), false, true},
		"broken on the way":       {t.Context(), errors.New("connection reset by peer"), true, false},
		"the program's own end":   {t.Context(), exec.CodeExitError{Err: errors.New("exit 3"), Code: 3}, false, false},
		"its own end, wrapped":    {t.Context(), errors.Join(exec.CodeExitError{Err: errors.New("exit 3"), Code: 3}), false, false},
		"nobody waits any longer": {canceled, errors.New("websocket: bad handshake"), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			used := &use{}
			used.begun.Store(test.begun)
			if got := worthAnother(test.ctx, test.err, used); got != test.want {
				t.Errorf("%v; want %v", got, test.want)
			}
		})
	}
}

// Protocols are tried in order, the other way round where little is let through,
// and the last one's error is the exec's.
func TestProtocols(t *testing.T) {
	e, err := NewExec(&rest.Config{Host: "https://cluster.example"}, true)
	if err != nil {
		t.Fatal(err)
	}
	var tried []string
	fails := func(name string, err error) protocol {
		return func(context.Context, *rest.Config, *url.URL, Stdio) error {
			tried = append(tried, name)
			return err
		}
	}
	refused := errors.New("refused")
	works, refuses := []protocol{fails("a", nil), fails("b", nil)}, []protocol{fails("a", refused), fails("b", refused)}
	for name, test := range map[string]struct {
		protocols []protocol
		rate      int64
		want      string
		err       error
	}{
		"first":           {works, 0, "a", nil},
		"none":            {refuses, 0, "a b", refused},
		"fast":            {refuses, slowRate, "a b", refused},
		"slow":            {works, slowRate - 1, "b", nil},
		"slow, none":      {refuses, 1, "b a", refused},
		"slow, only SPDY": {works[1:], 1, "b", nil},
	} {
		e.protocols, tried = test.protocols, nil
		err := ForRate(e, test.rate).Exec(t.Context(), Container{}, []string{"true"}, Stdio{})
		if got := strings.Join(tried, " "); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %s, %v; want %s, %v", name, got, err, test.want, test.err)
		}
		tried = nil
		err = NewMeter(test.rate).Executor(ForRate(e, test.rate)).Exec(t.Context(), Container{}, []string{"true"}, Stdio{})
		if got := strings.Join(tried, " "); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s, applied twice: %s, %v; want %s, %v", name, got, err, test.want, test.err)
		}
	}
}

// Every stream tells that it was used, input as soon as somebody waits for it,
// and a stream that is not there stays away.
func TestUse(t *testing.T) {
	waiting, _ := io.Pipe()
	for name, try := range map[string]func(Stdio){
		"input":    func(stdio Stdio) { _, _ = stdio.In.Read(make([]byte, 1)) },
		"waiting":  func(stdio Stdio) { go func() { _, _ = stdio.In.Read(make([]byte, 1)) }() },
		"output":   func(stdio Stdio) { _, _ = stdio.Out.Write([]byte("a")) },
		"messages": func(stdio Stdio) { _, _ = stdio.Err.Write([]byte("a")) },
	} {
		used := &use{}
		stdio := Stdio{In: strings.NewReader("12345"), Out: io.Discard, Err: io.Discard}
		if name == "waiting" {
			stdio.In = waiting
		}
		stdio = used.wrap(stdio)
		if used.begun.Load() {
			t.Errorf("%s: begun before it was used", name)
		}
		try(stdio)
		for range 3000 {
			if used.begun.Load() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !used.begun.Load() {
			t.Errorf("%s: not begun", name)
		}
	}
	if none := (&use{}).wrap(Stdio{}); none != (Stdio{}) {
		t.Errorf("%+v; want no streams", none)
	}
}

// The streams that are asked for are those that are there.
func TestRequest(t *testing.T) {
	e, err := NewExec(&rest.Config{Host: "https://cluster.example"}, true)
	if err != nil {
		t.Fatal(err)
	}
	container := Container{Namespace: "lab", Pod: "fetch-x", Name: "helper"}
	const base = "https://cluster.example/api/v1/namespaces/lab/pods/fetch-x/exec?command=tar&command=-c+x&container=helper"
	for want, stdio := range map[string]Stdio{
		base + "&stdout=true":                        {Out: io.Discard},
		base + "&stderr=true&stdin=true&stdout=true": {In: strings.NewReader(""), Out: io.Discard, Err: io.Discard},
	} {
		if got := e.url(container, []string{"tar", "-c x"}, stdio).String(); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
