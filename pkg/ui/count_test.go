package ui_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// Without a terminal, a line is printed now and then, but none for short work.
func TestCounterLines(t *testing.T) {
	var out bytes.Buffer
	clock := clocktesting.NewFakeClock(faketest.Now())
	counter := ui.NewCounter(&out, clock, "deleted", 3000)
	for range 1500 {
		counter.Add()
	}
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
	clock.Step(10 * time.Second)
	counter.Add()
	counter.Add()
	counter.Clear()
	if got, want := out.String(), "1,501 of 3,000 deleted, 150/s, 10s left\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// On a terminal it is a bar, from the third second on, that leaves nothing behind.
func TestCounterBar(t *testing.T) {
	slave, written := terminal(t, 100)
	clock := clocktesting.NewFakeClock(faketest.Now())
	counter := ui.NewCounter(slave, clock, "deleted", 400)
	counter.Add()
	clock.Step(2 * time.Second)
	for range 99 {
		counter.Add()
	}
	clock.Step(time.Second)
	counter.Add()
	counter.Clear()
	got := written()
	if !strings.Contains(got, "101 of 400 deleted, 34/s, 9s left") || strings.Contains(got, "1 of 400 deleted, 0/s") || strings.TrimSpace(got[strings.LastIndex(got, "\r"):]) != "" {
		t.Errorf("%q", got)
	}
}
