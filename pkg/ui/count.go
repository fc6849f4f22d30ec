package ui

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"k8s.io/utils/clock"
)

// shortWork is done before anybody wonders: nothing is shown of it.
const shortWork = 2 * time.Second

// Counter shows how far a work of many like steps is, once it takes long: a bar with
// rate and time left on a terminal, else a line now and then. Its methods may be called
// at the same time.
type Counter struct {
	out         io.Writer
	clock       clock.Clock
	what        string
	total       int
	start, next time.Time

	mu   sync.Mutex
	done int
	// live is nil where there is no terminal.
	live *live
}

// NewCounter returns a counter of total steps; what they are is a word such as "deleted".
func NewCounter(out io.Writer, clock clock.Clock, what string, total int) *Counter {
	now := clock.Now()
	c := &Counter{out: out, clock: clock, what: what, total: total, start: now, next: now.Add(shortWork)}
	if IsTerminal(out) {
		c.live = newLive(out)
	} else {
		c.next = now.Add(lineEvery)
	}
	return c
}

// Add counts one step more.
func (c *Counter) Add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	now := c.clock.Now()
	if now.Before(c.next) {
		return
	}
	if c.live == nil {
		c.next = now.Add(lineEvery)
		_, _ = fmt.Fprintln(c.out, c.line(now))
		return
	}
	c.next = now.Add(drawEvery)
	c.live.draw(c.live.fit(c.line(now), ""), int64(c.done), int64(c.total))
}

// line says how far it is, how fast, and how long it will take.
func (c *Counter) line(now time.Time) string {
	text := fmt.Sprintf("%s of %s %s", humanize.Comma(int64(c.done)), humanize.Comma(int64(c.total)), c.what)
	rate := float64(c.done) / now.Sub(c.start).Seconds()
	if rate <= 0 {
		return text
	}
	left := time.Duration(float64(c.total-c.done) / rate * float64(time.Second))
	return fmt.Sprintf("%s, %.0f/s, %s left", text, rate, left.Round(time.Second))
}

// Clear takes the bar away, so that words can be said; a later step brings it back.
func (c *Counter) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live != nil {
		c.live.clear()
	}
}
