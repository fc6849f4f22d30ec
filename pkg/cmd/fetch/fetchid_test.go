package fetch

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
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
	defaults := Flags{Compress: auto, Transport: auto, viaDefault: "s3://lab/x"}
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
