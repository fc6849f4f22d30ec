//go:build e2e

package e2e

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// times is how long each script took, without what it waited for other scripts.
var times scriptTimes

type scriptTimes struct {
	mu    sync.Mutex
	taken []scriptTime
}

type scriptTime struct {
	name  string
	taken time.Duration
}

func (s *scriptTimes) add(script scriptTime) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, script)
}

// print lists the slowest scripts.
func (s *scriptTimes) print(limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.taken) < 2 {
		return
	}
	slices.SortFunc(s.taken, func(a, b scriptTime) int { return cmp.Compare(b.taken, a.taken) })
	var sum time.Duration
	for _, script := range s.taken {
		sum += script.taken
	}
	fmt.Printf("%d scripts took %s one after the other; the slowest:\n", len(s.taken), sum.Round(time.Second))
	for _, script := range s.taken[:min(limit, len(s.taken))] {
		fmt.Printf("%8.1f s  %s\n", script.taken.Seconds(), script.name)
	}
}

func TestMain(m *testing.M) {
	status := m.Run()
	times.print(10)
	os.Exit(status)
}
