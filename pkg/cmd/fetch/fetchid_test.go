package fetch

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// A fetch that has died is known until it is buried, and goes on under its id before that.
func TestDead(t *testing.T) {
	o := &Options{factory: &factory.Factory{CacheDir: t.TempDir()}}
	first, err := o.newFetchID("kind")
	if err != nil {
		t.Fatal(err)
	}
	if o.isDead(first.id) {
		t.Error("a living one is dead")
	}
	if err := first.unlock(); err != nil { // as a process that ends does
		t.Fatal(err)
	}
	for range 2 { // a look changes nothing
		if !o.isDead(first.id) {
			t.Error("a dead one is not")
		}
	}
	other := &Options{factory: o.factory, kinds: []string{"kind"}}
	if other.isDead(first.id) {
		t.Error("what this command goes on with is taken for dead")
	}
	again, err := o.newFetchID("kind")
	if err != nil || again.id != first.id || !again.adopted {
		t.Errorf("%v, %v", again, err)
	}
	if err := again.unlock(); err != nil {
		t.Fatal(err)
	}
	if o.bury(first.id); o.isDead(first.id) || o.isDead("nobody") {
		t.Error("it is known still")
	}
}

// What a variable says is not what somebody typed.
func TestViaOfTheEnvironment(t *testing.T) {
	defaults := Flags{Compress: auto, Links: skipLinks, Transport: auto, viaDefault: "s3://lab/x"}
	tar, none := defaults, defaults
	tar.Transport, none.Via = "tar", "none"
	for _, test := range []struct {
		flags      Flags
		from, want string
	}{{defaults, "$KUBECTL_BATCH_VIA", "s3://lab/x"}, {tar, "", "s3://"}, {none, "", "s3://"}} {
		e, err := test.flags.toEngine()
		if err != nil || e.ViaFrom != test.from || e.Via.String() != test.want {
			t.Errorf("%+v: %s, %s, %v", test.flags, e.ViaFrom, e.Via, err)
		}
	}
}

// A fetch that another process buries at the same moment is not adopted.
func TestFetchIDIsAdoptedOnce(t *testing.T) {
	o := &Options{factory: &factory.Factory{CacheDir: t.TempDir()}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				one, err := o.newFetchID("kind")
				if err != nil {
					t.Error(err)
					return
				}
				if text, err := os.ReadFile(one.path); err != nil || string(text) != "kind" {
					t.Errorf("%s: %q, %v", one.id, text, err)
				}
				one.forget()
			}
		})
	}
	all.Wait()
}

func TestUnrecordedFetchIsSaid(t *testing.T) {
	o := &Options{factory: &factory.Factory{}}
	for want, result := range map[string]transfer.Result{
		"neither HOME nor XDG_CACHE_HOME is set": {Files: 3, Kept: 2},
		"read-only":                              {Files: 3, Kept: 3, ReceiptError: errors.New("read-only")},
		"":                                       {Files: 3, Kept: 3},
	} {
		if got := o.unrecorded(result); got != want {
			t.Errorf("%+v: %q", result, got)
		}
	}
	o.factory.CacheDir = "cache"
	if got := o.unrecorded(transfer.Result{Files: 3}); got != "" {
		t.Error(got)
	}
}
