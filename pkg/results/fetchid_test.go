package results

import (
	"os"
	"sync"
	"testing"
)

// A fetch that has died is known until it is buried, and goes on under its id before that.
func TestEndedFetch(t *testing.T) {
	ids := &fetchIDs{cacheDir: t.TempDir()}
	first, err := ids.acquire("kind")
	if err != nil {
		t.Fatal(err)
	}
	if ids.hasEnded(first.id) {
		t.Error("a living one is dead")
	}
	if err := first.unlock(); err != nil { // as a process that ends does
		t.Fatal(err)
	}
	for range 2 { // the check changes nothing
		if !ids.hasEnded(first.id) {
			t.Error("a dead one is not")
		}
	}
	other := &fetchIDs{cacheDir: ids.cacheDir, reserved: []string{"kind"}}
	if other.hasEnded(first.id) {
		t.Error("what this command goes on with is taken for dead")
	}
	again, err := ids.acquire("kind")
	if err != nil || again.id != first.id || !again.adopted {
		t.Errorf("%v, %v", again, err)
	}
	if err := again.unlock(); err != nil {
		t.Fatal(err)
	}
	if ids.removeEnded(first.id); ids.hasEnded(first.id) || ids.hasEnded("nobody") {
		t.Error("it is known still")
	}
}

// A fetch that another process buries at the same moment is not adopted.
func TestFetchIDIsAdoptedOnce(t *testing.T) {
	ids := &fetchIDs{cacheDir: t.TempDir()}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				acquired, err := ids.acquire("kind")
				if err != nil {
					t.Error(err)
					return
				}
				if text, err := os.ReadFile(acquired.path); err != nil || string(text) != "kind" {
					t.Errorf("%s: %q, %v", acquired.id, text, err)
				}
				acquired.remove()
			}
		})
	}
	all.Wait()
}
