package server

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// shortestRecent and dirtyExpire bound from below how long after its last change a file counts as recent.
//
// A program that writes through mmap changes the times of a file only with the first store to a page that
// is clean. Stores after that leave no trace until the kernel has written the page back, which it does
// once the page has been dirty for dirty_expire (30 s by default).
const (
	shortestRecent = time.Minute
	dirtyExpire    = "/proc/sys/vm/dirty_expire_centisecs"
)

// recentOn returns how long a file counts as recent on this node.
func recentOn(node []byte) time.Duration {
	hundredths, err := strconv.ParseInt(strings.TrimSpace(string(node)), 10, 32)
	if err != nil {
		return shortestRecent
	}
	return max(shortestRecent, 2*time.Duration(hundredths)*10*time.Millisecond)
}

// readRecent is recentOn for the node of this agent. If the setting cannot be read, it returns the default.
func readRecent() time.Duration {
	text, _ := os.ReadFile(dirtyExpire)
	return recentOn(text)
}

// recent reports whether the next change of a file with these times may leave them as they are.
func (a *agent) recent(modified, changed time.Time) bool {
	limit := a.Now().Add(-a.Recent)
	return modified.After(limit) || changed.After(limit)
}

// open opens a regular file. If the file is recent, open writes its dirty pages to disk first, so that
// the next store through mmap changes the times of the file.
func (a *agent) open(f *folders, path string) (file, facts, error) {
	opened, current, err := f.regular(path)
	if err != nil || !a.recent(current.modified, current.changed) {
		return opened, current, err
	}
	if err = opened.writeBack(); err != nil {
		err = fmt.Errorf("writing pending data to disk: %w", err)
	} else {
		current, err = opened.readFacts()
	}
	if err != nil {
		opened.close()
		return file{}, facts{}, err
	}
	return opened, current, nil
}
