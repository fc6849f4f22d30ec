package transport_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// The first dial takes the first way that works, and loses at most 2.5 s on
// those before it.
func TestChooserFirst(t *testing.T) {
	const silent = "transport tunnel failed: no response within 2.5s; a network policy or a firewall may drop the packets"
	const beside = "no response through tunnel for 1s, also trying exec"
	for name, test := range map[string]struct {
		ways  []transport.Dialer
		want  string // the name, or the error
		delay time.Duration
		trace []string
	}{
		"at once": {
			[]transport.Dialer{works("tunnel", 0), works("exec", 0)},
			"tunnel", 0,
			[]string{"connected through tunnel"},
		},
		"refused": {
			[]transport.Dialer{fails("tunnel", 100*time.Millisecond), works("exec", 200*time.Millisecond)},
			"exec", 300 * time.Millisecond,
			[]string{"transport tunnel failed: refused", "connected through exec"},
		},
		"slow": {
			[]transport.Dialer{works("tunnel", 900*time.Millisecond), works("exec", 0)},
			"tunnel", 900 * time.Millisecond,
			[]string{"connected through tunnel"},
		},
		"slow, and still preferred": {
			[]transport.Dialer{works("tunnel", 2400*time.Millisecond), works("exec", 0)},
			"tunnel", 2400 * time.Millisecond,
			[]string{beside, "connected through tunnel"},
		},
		"dropped": {
			[]transport.Dialer{works("tunnel", never), works("exec", time.Second)},
			"exec", 2500 * time.Millisecond,
			[]string{beside, silent, "connected through exec"},
		},
		"dropped, and the other is slow": {
			[]transport.Dialer{works("tunnel", never), works("exec", 3*time.Second)},
			"exec", 4 * time.Second,
			[]string{beside, silent, "connected through exec"},
		},
		"both slow": {
			[]transport.Dialer{works("tunnel", 3*time.Second), works("exec", 3*time.Second)},
			"tunnel", 3 * time.Second,
			[]string{beside, "connected through tunnel"},
		},
		"slow, and the other is refused": {
			[]transport.Dialer{works("tunnel", 20*time.Second), fails("exec", 0)},
			"tunnel", 20 * time.Second,
			[]string{beside, "transport exec failed: refused", "connected through tunnel"},
		},
		"refused late": {
			[]transport.Dialer{fails("tunnel", 2*time.Second), works("exec", 100*time.Millisecond)},
			"exec", 2 * time.Second,
			[]string{beside, "transport tunnel failed: refused", "connected through exec"},
		},
		"refused late, before the other": {
			[]transport.Dialer{fails("tunnel", 2*time.Second), works("exec", 2*time.Second)},
			"exec", 3 * time.Second,
			[]string{beside, "transport tunnel failed: refused", "connected through exec"},
		},
		"both refused": {
			[]transport.Dialer{fails("tunnel", 0), fails("exec", 0)},
			"cannot connect to the agent: tunnel: refused; exec: refused", 0,
			[]string{"transport tunnel failed: refused", "transport exec failed: refused"},
		},
		"silence everywhere": {
			[]transport.Dialer{works("tunnel", never), works("exec", never)},
			"cannot connect to the agent: tunnel: no response within 45s; a network policy or a firewall may drop the packets; " +
				"exec: no response within 45s; a network policy or a firewall may drop the packets", 46 * time.Second,
			[]string{
				beside,
				"transport tunnel failed: no response within 45s; a network policy or a firewall may drop the packets",
				"transport exec failed: no response within 45s; a network policy or a firewall may drop the packets",
			},
		},
		"forced": {
			[]transport.Dialer{works("tunnel", 20*time.Second)},
			"tunnel", 20 * time.Second,
			[]string{"connected through tunnel"},
		},
		"forced, refused": {
			[]transport.Dialer{fails("tunnel", 0)}, "refused", 0, []string{"transport tunnel failed: refused"},
		},
		"three": {
			[]transport.Dialer{works("tunnel", never), fails("exec", 0), works("third", 0)},
			"third", 2500 * time.Millisecond,
			[]string{beside, silent, "transport exec failed: refused", "connected through third"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				trace := &lines{}
				chooser := transport.NewChooser(trace.add, test.ways...)
				begin := time.Now()
				_, err := chooser.Dial(t.Context())
				got, took := chooser.Name(), time.Since(begin)
				if err != nil {
					got += err.Error()
				}
				if got != test.want || took != test.delay {
					t.Errorf("%s after %v; want %s after %v", got, took, test.want, test.delay)
				}
				if diff := cmp.Diff(test.trace, trace.drain()); diff != "" {
					t.Error(diff)
				}
				time.Sleep(time.Minute)
				for _, w := range test.ways {
					if open := w.(*way).open.Load(); open > 1 || open == 1 && w.Name() != chooser.Name() {
						t.Errorf("%d connections over %s are open", open, w.Name())
					}
				}
				chooser.Close()
			})
		})
	}
}
