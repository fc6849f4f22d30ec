package transport

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/exec"
)

// Over SPDY only what cannot have begun, and did not end by itself, is tried again.
func TestWorthSPDY(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx   context.Context
		err   error
		bytes int64
		want  bool
	}{
		"done":                    {t.Context(), nil, 0, false},
		"not upgraded":            {t.Context(), errors.New("websocket: bad handshake"), 0, true},
		"broken on the way":       {t.Context(), errors.New("connection reset by peer"), 1, false},
		"the program's own end":   {t.Context(), exec.CodeExitError{Err: errors.New("exit 3"), Code: 3}, 0, false},
		"its own end, wrapped":    {t.Context(), errors.Join(exec.CodeExitError{Err: errors.New("exit 3"), Code: 3}), 0, false},
		"nobody waits any longer": {canceled, errors.New("websocket: bad handshake"), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			counted := &counter{}
			counted.bytes.Store(test.bytes)
			if got := worthSPDY(test.ctx, test.err, counted); got != test.want {
				t.Errorf("%v; want %v", got, test.want)
			}
		})
	}
}

// Every stream counts, and a stream that is not there stays away.
func TestCounter(t *testing.T) {
	counted := &counter{}
	var out, errOut strings.Builder
	stdio := counted.wrap(Stdio{In: strings.NewReader("12345"), Out: &out, Err: &errOut})
	in, err := io.ReadAll(stdio.In)
	if err != nil || string(in) != "12345" || counted.bytes.Load() != 5 {
		t.Errorf("in: %q, %v, %d", in, err, counted.bytes.Load())
	}
	for i, w := range []io.Writer{stdio.Out, stdio.Err} {
		if _, err := io.WriteString(w, "ab"); err != nil || counted.bytes.Load() != int64(7+2*i) {
			t.Errorf("out: %v, %d", err, counted.bytes.Load())
		}
	}
	if out.String() != "ab" || errOut.String() != "ab" {
		t.Errorf("written: %q, %q", out.String(), errOut.String())
	}
	if none := counted.wrap(Stdio{}); none != (Stdio{}) {
		t.Errorf("%+v; want no streams", none)
	}
}

// The streams that are asked for are those that are there.
func TestRequest(t *testing.T) {
	e, err := NewExec(&rest.Config{Host: "https://cluster.example"}, true)
	if err != nil {
		t.Fatal(err)
	}
	at := Container{Namespace: "lab", Pod: "fetch-x", Name: "helper"}
	const base = "https://cluster.example/api/v1/namespaces/lab/pods/fetch-x/exec?command=tar&command=-c+x&container=helper"
	for want, stdio := range map[string]Stdio{
		base + "&stdout=true":                        {Out: io.Discard},
		base + "&stderr=true&stdin=true&stdout=true": {In: strings.NewReader(""), Out: io.Discard, Err: io.Discard},
	} {
		if got := e.request(at, []string{"tar", "-c x"}, stdio).URL().String(); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}
