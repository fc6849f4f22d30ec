package ui

import (
	"fmt"
	"io"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// Mode is how progress is shown.
type Mode string

// The modes.
const (
	// Auto is one live line on a terminal, otherwise a line every few seconds.
	Auto Mode = "auto"
	// Events prints one JSON object a line for each event, including messages.
	Events Mode = "json"
	// Quiet shows no progress, only messages.
	Quiet Mode = "none"
)

// At is how far a transfer got. Totals of 0 are not known.
type At struct {
	Files, TotalFiles int64
	Bytes, TotalBytes int64
	// Transport is the transport of the bytes; "" if unknown.
	Transport string
}

// status is all that a view may show.
type status struct {
	// job names the transfer; "" if there is only one.
	job string
	// waiting is what the transfer waits for, "" after it started; since is when the wait began.
	waiting  string
	since    time.Time
	progress At
	// rate is in bytes a second; 0 if unknown.
	rate float64
	// remaining is the time that is left; below 0 if unknown.
	remaining time.Duration
}

// view shows a status, in one of the modes. Its methods are never called at the
// same time.
type view interface {
	// update is called a few times a second. changed means that something must be shown
	// immediately.
	update(currentTime time.Time, s status, changed bool)
	// writeMessage writes a message, which ends with a line break.
	writeMessage(currentTime time.Time, text []byte) error
	// event writes an event for programs and reports whether it did; people read a message instead.
	event(currentTime time.Time, fields any) bool
	// clear removes what must not remain.
	clear()
}

// Progress shows the progress of successive transfers, and prints
// messages meanwhile: as an io.Writer it accepts whole lines, which
// never interrupt a live line. Its methods may be called at the same time.
type Progress struct {
	clock clock.WithTicker
	stop  chan struct{}
	ended sync.WaitGroup

	mu     sync.Mutex
	view   view
	status status
	// shown means that a transfer is running.
	shown bool
	meter meter
}

// refresh is how often a view may change without news: a stalled transfer must
// look like one.
const refresh = 200 * time.Millisecond

// NewProgress returns progress that is shown on out. It must be closed.
func NewProgress(out io.Writer, clock clock.WithTicker, mode Mode) *Progress {
	p := &Progress{clock: clock, stop: make(chan struct{})}
	switch {
	case mode == Events:
		p.view = newEvents(out)
	case mode == Quiet:
		p.view = quiet{out}
	case IsTerminal(out):
		p.view = newLive(out)
	default:
		p.view = &lines{out: out}
	}
	ticker := clock.NewTicker(refresh)
	p.ended.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-ticker.C():
				p.show(false)
			}
		}
	})
	return p
}

// Start starts a transfer; job names it if there are several, otherwise it is "".
func (p *Progress) Start(job string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status{job: job, remaining: -1}
	p.meter = meter{}
	p.shown = true
}

// Waiting sets what the transfer waits for, such as "pulling the image"; ""
// ends the wait.
func (p *Progress) Waiting(reason string) {
	p.mu.Lock()
	changed := p.status.waiting != reason
	if changed {
		p.status.waiting, p.status.since = reason, p.clock.Now()
	}
	p.mu.Unlock()
	if changed {
		p.show(true)
	}
}

// Report reports the progress of the transfer. It may be called often, and ends the wait.
func (p *Progress) Report(progress At) {
	p.mu.Lock()
	p.status.waiting, p.status.progress = "", progress
	p.status.rate, p.status.remaining = p.meter.measure(p.clock.Now(), progress)
	p.mu.Unlock()
	p.show(false)
}

func (p *Progress) show(changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		p.view.update(p.clock.Now(), p.status, changed)
	}
}

// Write writes a message, which ends with a line break, without damage to the live line.
func (p *Progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(text), p.view.writeMessage(p.clock.Now(), text)
}

// Retry reports that the transfer was interrupted, why, and that it is retried after a pause.
func (p *Progress) Retry(retry int, pause time.Duration, cause string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	currentTime := p.clock.Now()
	event := retryEvent{Event: "retry", Job: p.status.job, Retry: retry, InSeconds: seconds(pause), Reason: cause}
	if !p.view.event(currentTime, event) {
		_ = p.view.writeMessage(currentTime, fmt.Appendf(nil, "%sTransfer interrupted: %s; retrying in %s\n", prefix(p.status.job), printable.Fold(cause), pause))
	}
}

// Done ends a transfer and removes the live line. failed is nil if the transfer succeeded.
func (p *Progress) Done(failed error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.clear()
	event := doneEvent{Event: "done", Job: p.status.job, OK: failed == nil, Files: p.status.progress.Files, Bytes: p.status.progress.Bytes, Transport: p.status.progress.Transport}
	if failed != nil {
		event.Error = failed.Error()
	}
	p.view.event(p.clock.Now(), event)
	p.shown = false
}

// Fail reports the error of the command to programs. It returns true if the view is for programs:
// then the error need not be printed for people.
func (p *Progress) Fail(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.view.event(p.clock.Now(), errorEvent{Event: "error", Message: err.Error()})
}

// Close ends all. It may be called again.
func (p *Progress) Close() {
	p.mu.Lock()
	p.view.clear()
	p.shown = false
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.mu.Unlock()
	p.ended.Wait()
}

func prefix(job string) string {
	if job == "" {
		return ""
	}
	return job + ": "
}
