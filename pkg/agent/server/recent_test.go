package server

import (
	"testing"
	"time"
)

// TestRecentOn: how long a file counts as recent depends on when the node writes dirty pages.
func TestRecentOn(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"3000\n": time.Minute, "100": time.Minute, "": time.Minute, "no number": time.Minute, "-5": time.Minute,
		"6000\n": 2 * time.Minute, "360000": 2 * time.Hour,
	} {
		if got := recentOn([]byte(text)); got != want {
			t.Errorf("%q: %s, not %s", text, got, want)
		}
	}
}

// TestRecent checks that one recent time is enough, even a time ahead of the clock of this node.
func TestRecent(t *testing.T) {
	clock := time.Unix(1_000_000, 0)
	a := &agent{Options: Options{Now: func() time.Time { return clock }, Recent: time.Minute}}
	for _, test := range []struct {
		modified, changed time.Duration // ago
		want              bool
	}{
		{time.Hour, time.Hour, false},
		{time.Minute, time.Minute, false},
		{time.Hour, 59 * time.Second, true},
		{59 * time.Second, time.Hour, true},
		{time.Hour, -time.Hour, true},
	} {
		if got := a.recent(clock.Add(-test.modified), clock.Add(-test.changed)); got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}

// TestWholeFileSystem: a directory belongs to the file system only where that is mounted as a whole.
func TestWholeFileSystem(t *testing.T) {
	dir := t.TempDir()
	line := func(top, mountPoint string) string {
		return "36 35 98:0 " + top + " " + mountPoint + " rw,noatime master:1 - ext4 /dev/sda rw\n"
	}
	for text, want := range map[string]bool{
		"":                                 false,
		line("/", "/") + line("/", dir):    true,
		line("/", "/"):                     false,
		line("/volumes/claim", dir):        false,
		line("/", dir+"/below"):            false,
		line("/", dir) + line("/sub", dir): false,
		line("/sub", dir) + line("/", dir) + "cut off\n":     true,
		"not a mount\n" + line("/", dir) + line("/", "/tmp"): true,
	} {
		if got := wholeFileSystem([]byte(text), dir); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
