package results

import (
	"os"
	"sync"
	"testing"
)

// TestEndedFetch: the id of an ended fetch is adopted by the next fetch of the same kind, until the record is removed.
func TestEndedFetch(t *testing.T) {
	ids := &fetchIDs{cacheDir: t.TempDir()}
	first, err := ids.acquire("kind")
	if err != nil {
		t.Fatal(err)
	}
	if ids.hasEnded(first.id) {
		t.Error("a running fetch is reported as ended")
	}
	if err := first.unlock(); err != nil { // as the end of a process does
		t.Fatal(err)
	}
	for range 2 { // the check changes nothing
		if !ids.hasEnded(first.id) {
			t.Error("an ended fetch is reported as running")
		}
	}
	other := &fetchIDs{cacheDir: ids.cacheDir, reserved: []string{"kind"}}
	if other.hasEnded(first.id) {
		t.Error("a fetch of a reserved kind is reported as ended")
	}
	again, err := ids.acquire("kind")
	if err != nil || again.id != first.id || !again.adopted {
		t.Errorf("%v, %v", again, err)
	}
	if err := again.unlock(); err != nil {
		t.Fatal(err)
	}
	if ids.removeEnded(first.id); ids.hasEnded(first.id) || ids.hasEnded("unknown") {
		t.Error("a removed or unknown fetch is reported as ended")
	}
}

// TestFetchIDIsAdoptedOnce: an id that another process removes at the same time is not adopted.
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
