package ui

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"k8s.io/utils/clock"
)

// shortWork is the time before progress is shown.
const shortWork = 2 * time.Second

// Counter shows the progress of many similar steps, if they take long: a bar with
// rate and time left on a terminal, otherwise a line now and then. Its methods may be called
// at the same time.
type Counter struct {
	out               io.Writer
	clock             clock.Clock
	action            string
	total             int
	start, nextReport time.Time

	mu   sync.Mutex
	done int
	// live is nil if there is no terminal.
	live *live
}

// NewCounter returns a counter of total steps; action describes a complete step, such as "deleted".
func NewCounter(out io.Writer, clock clock.Clock, action string, total int) *Counter {
	currentTime := clock.Now()
	c := &Counter{out: out, clock: clock, action: action, total: total, start: currentTime, nextReport: currentTime.Add(shortWork)}
	if IsTerminal(out) {
		c.live = newLive(out)
	} else {
		c.nextReport = currentTime.Add(lineEvery)
	}
	return c
}

// Add counts one step more.
func (c *Counter) Add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	currentTime := c.clock.Now()
	if currentTime.Before(c.nextReport) {
		return
	}
	if c.live == nil {
		c.nextReport = currentTime.Add(lineEvery)
		_, _ = fmt.Fprintln(c.out, c.line(currentTime))
		return
	}
	c.nextReport = currentTime.Add(drawEvery)
	c.live.draw(c.live.shorten(c.line(currentTime), ""), int64(c.done), int64(c.total))
}

// line describes the progress, the rate and the time left.
func (c *Counter) line(currentTime time.Time) string {
	text := fmt.Sprintf("%s of %s %s", humanize.Comma(int64(c.done)), humanize.Comma(int64(c.total)), c.action)
	rate := float64(c.done) / currentTime.Sub(c.start).Seconds()
	if rate <= 0 {
		return text
	}
	remaining := time.Duration(float64(c.total-c.done) / rate * float64(time.Second))
	return fmt.Sprintf("%s, %.0f/s, %s left", text, rate, remaining.Round(time.Second))
}

// Clear removes the bar, so that a message can be printed; the next step draws it again.
func (c *Counter) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live != nil {
		c.live.clear()
	}
}
