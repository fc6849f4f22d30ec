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
	const silent = "not over tunnel: no answer within 2.5s; a network policy or a firewall may drop the packets"
	const beside = "tunnel has not answered for 1s, trying exec beside it"
	for name, test := range map[string]struct {
		ways  []transport.Dialer
		want  string // the name, or the error
		after time.Duration
		trace []string
	}{
		"at once": {
			[]transport.Dialer{works("tunnel", 0), works("exec", 0)},
			"tunnel", 0,
			[]string{"connected over tunnel"},
		},
		"refused": {
			[]transport.Dialer{fails("tunnel", 100*time.Millisecond), works("exec", 200*time.Millisecond)},
			"exec", 300 * time.Millisecond,
			[]string{"not over tunnel: refused", "connected over exec"},
		},
		"slow": {
			[]transport.Dialer{works("tunnel", 900*time.Millisecond), works("exec", 0)},
			"tunnel", 900 * time.Millisecond,
			[]string{"connected over tunnel"},
		},
		"slow, and still preferred": {
			[]transport.Dialer{works("tunnel", 2400*time.Millisecond), works("exec", 0)},
			"tunnel", 2400 * time.Millisecond,
			[]string{beside, "connected over tunnel"},
		},
		"dropped": {
			[]transport.Dialer{works("tunnel", never), works("exec", time.Second)},
			"exec", 2500 * time.Millisecond,
			[]string{beside, silent, "connected over exec"},
		},
		"dropped, and the other is slow": {
			[]transport.Dialer{works("tunnel", never), works("exec", 3*time.Second)},
			"exec", 4 * time.Second,
			[]string{beside, silent, "connected over exec"},
		},
		"both slow": {
			[]transport.Dialer{works("tunnel", 3*time.Second), works("exec", 3*time.Second)},
			"tunnel", 3 * time.Second,
			[]string{beside, "connected over tunnel"},
		},
		"slow, and the other is refused": {
			[]transport.Dialer{works("tunnel", 20*time.Second), fails("exec", 0)},
			"tunnel", 20 * time.Second,
			[]string{beside, "not over exec: refused", "connected over tunnel"},
		},
		"refused late": {
			[]transport.Dialer{fails("tunnel", 2*time.Second), works("exec", 100*time.Millisecond)},
			"exec", 2 * time.Second,
			[]string{beside, "not over tunnel: refused", "connected over exec"},
		},
		"refused late, before the other": {
			[]transport.Dialer{fails("tunnel", 2*time.Second), works("exec", 2*time.Second)},
			"exec", 3 * time.Second,
			[]string{beside, "not over tunnel: refused", "connected over exec"},
		},
		"both refused": {
			[]transport.Dialer{fails("tunnel", 0), fails("exec", 0)},
			"no way to the program in the pod: tunnel: refused; exec: refused", 0,
			[]string{"not over tunnel: refused", "not over exec: refused"},
		},
		"silence everywhere": {
			[]transport.Dialer{works("tunnel", never), works("exec", never)},
			"no way to the program in the pod: tunnel: no answer within 45s; a network policy or a firewall may drop the packets; " +
				"exec: no answer within 45s; a network policy or a firewall may drop the packets", 46 * time.Second,
			[]string{
				beside,
				"not over tunnel: no answer within 45s; a network policy or a firewall may drop the packets",
				"not over exec: no answer within 45s; a network policy or a firewall may drop the packets",
			},
		},
		"forced": {
			[]transport.Dialer{works("tunnel", 20*time.Second)},
			"tunnel", 20 * time.Second,
			[]string{"connected over tunnel"},
		},
		"forced, refused": {
			[]transport.Dialer{fails("tunnel", 0)}, "refused", 0, []string{"not over tunnel: refused"},
		},
		"three": {
			[]transport.Dialer{works("tunnel", never), fails("exec", 0), works("third", 0)},
			"third", 2500 * time.Millisecond,
			[]string{beside, silent, "not over exec: refused", "connected over third"},
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
				if got != test.want || took != test.after {
					t.Errorf("%s after %v; want %s after %v", got, took, test.want, test.after)
				}
				if diff := cmp.Diff(test.trace, trace.take()); diff != "" {
					t.Error(diff)
				}
				time.Sleep(time.Minute)
				for _, one := range test.ways {
					if open := one.(*way).open.Load(); open > 1 || open == 1 && one.Name() != chooser.Name() {
						t.Errorf("%d connections over %s are open", open, one.Name())
					}
				}
				chooser.Close()
			})
		})
	}
}
