package transport_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// What worked is used for every dial, and what was refused is not asked again.
func TestChooserStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tunnel, exec := fails("tunnel", time.Second/2), works("exec", time.Second/2)
		chooser := transport.NewChooser(nil, tunnel, exec)
		defer chooser.Close()
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := chooser.Dial(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if tunnel.count() != 1 || exec.count() != 8 {
			t.Errorf("%d and %d dials; want 1 and 8", tunnel.count(), exec.count())
		}
	})
}

// A way that is lost is tried again first; then the others; when nothing works,
// everything is tried again.
func TestChooserLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trace := &lines{}
		tunnel, exec := works("tunnel", 0), works("exec", 0)
		chooser := transport.NewChooser(trace.add, tunnel, exec)
		defer chooser.Close()
		step := func(want string, elapsed time.Duration, lines ...string) {
			t.Helper()
			begin := time.Now()
			_, err := chooser.Dial(t.Context())
			got := chooser.Name()
			if err != nil {
				got = err.Error()
			}
			if took := time.Since(begin); got != want || took != elapsed {
				t.Errorf("%s after %v; want %s after %v", got, took, want, elapsed)
			}
			if diff := cmp.Diff(lines, trace.drain()); diff != "" {
				t.Error(diff)
			}
		}
		step("tunnel", 0, "connected through tunnel")
		tunnel.set(4*time.Second, nil) // slow, but there
		step("tunnel", 4*time.Second)
		tunnel.set(0, errRefused)
		step("exec", 0, "transport tunnel failed: refused", "connected through exec")
		tunnel.set(0, nil)
		step("exec", 0) // works, why change
		exec.set(0, errRefused)
		step("cannot connect to the agent: exec: refused", 0, "transport exec failed: refused")
		step("tunnel", 0, "connected through tunnel")
		exec.set(0, nil)
		tunnel.set(never, nil)
		step("exec", 10*time.Second,
			"transport tunnel failed: no response within 10s; a network policy or a firewall may drop the packets", "connected through exec")
	})
}

// Whoever waits for another dial's choice gets its failure, and not a wait of
// its own on top.
func TestChooserFailsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tunnel, exec := fails("tunnel", 10*time.Second), fails("exec", 10*time.Second)
		chooser := transport.NewChooser(nil, tunnel, exec)
		defer chooser.Close()
		begin := time.Now()
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				_, err := chooser.Dial(t.Context())
				if failed, ok := errors.AsType[*transport.UnreachableError](err); !ok || len(failed.Causes) != 2 || !errors.Is(err, errRefused) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if took := time.Since(begin); took != 11*time.Second || tunnel.count() != 1 {
			t.Errorf("%v, %d dials", took, tunnel.count())
		}
	})
}

// A dial that is canceled says nothing about the ways.
func TestChooserCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trace := &lines{}
		chooser := transport.NewChooser(trace.add, works("tunnel", time.Second/2), works("exec", 0))
		defer chooser.Close()
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second/4)
			if _, err := chooser.Dial(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		if got := trace.drain(); got != nil || chooser.Name() != "" {
			t.Errorf("%q, %q", got, chooser.Name())
		}
		if _, err := chooser.Dial(t.Context()); err != nil || chooser.Name() != "tunnel" {
			t.Errorf("%v, %q", err, chooser.Name())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/4)
		defer cancel()
		if _, err := chooser.Dial(ctx); !errors.Is(err, context.DeadlineExceeded) || chooser.Name() != "tunnel" {
			t.Errorf("%v, %q", err, chooser.Name())
		}
	})
}

// Closing ends what is open, what is being dialed, and what is dialed later.
func TestChooserClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tunnel := works("tunnel", 0)
		chooser := transport.NewChooser(nil, tunnel)
		open, err := chooser.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if closed, err := chooser.Dial(t.Context()); err != nil || closed.Close() != nil {
			t.Fatal(err)
		}
		tunnel.set(never, nil)
		ended := make(chan error)
		go func() { _, err := chooser.Dial(t.Context()); ended <- err }()
		synctest.Wait()
		chooser.Close()
		if err := <-ended; err == nil {
			t.Error("a dial outlived its chooser")
		}
		if _, err := open.Read(make([]byte, 1)); err == nil || tunnel.open.Load() != 0 {
			t.Errorf("%v, %d open", err, tunnel.open.Load())
		}
		if _, err := chooser.Dial(t.Context()); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		chooser.Close()
	})
}
