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
	// Auto is one live line on a terminal, else a line every few seconds.
	Auto Mode = "auto"
	// Events is an object on a line of its own for each event, words included.
	Events Mode = "json"
	// Quiet shows no progress; words are shown all the same.
	Quiet Mode = "none"
)

// At is how far a transfer got. Totals of 0 are not known.
type At struct {
	Files, TotalFiles int64
	Bytes, TotalBytes int64
	// Transport is the way on which the bytes come; empty where it is not known.
	Transport string
}

// status is all that a view may show.
type status struct {
	// job names the transfer; empty where there is only one.
	job string
	// waiting says what for, empty once something came; since is when that began.
	waiting  string
	since    time.Time
	progress At
	// rate is in bytes a second; 0 where it is not known.
	rate float64
	// remaining is the time that is left; below 0 where it is not known.
	remaining time.Duration
}

// view shows a status, in one of the modes. Its methods are never called at the
// same time.
type view interface {
	// update is called a few times a second, and with changed where there is news
	// that should not wait.
	update(currentTime time.Time, s status, changed bool)
	// writeMessage writes words, which end with a line break.
	writeMessage(currentTime time.Time, text []byte) error
	// event is for programs only; people are told in words.
	event(currentTime time.Time, fields any) bool
	// clear takes away what is not to stay.
	clear()
}

// Progress shows how far transfers are, one after the other, and carries the
// words that are said meanwhile: as an io.Writer it takes whole lines, and they
// never break a live line. Its methods may be called at the same time.
type Progress struct {
	clock clock.WithTicker
	stop  chan struct{}
	ended sync.WaitGroup

	mu     sync.Mutex
	view   view
	status status
	// shown says whether a transfer is under way.
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

// Begin begins a transfer; job names it where there are several, else it is empty.
func (p *Progress) Begin(job string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status{job: job, remaining: -1}
	p.meter = meter{}
	p.shown = true
}

// Waiting says what the transfer waits for, such as "pulling the image"; an
// empty text ends the waiting.
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

// Report says how far the transfer is. It may be called often, and ends the waiting.
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

// Write writes words, which end with a line break, between what is live.
func (p *Progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(text), p.view.writeMessage(p.clock.Now(), text)
}

// Retry says that the transfer broke, why, and that it goes on after a pause.
func (p *Progress) Retry(retry int, pause time.Duration, cause string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	currentTime := p.clock.Now()
	event := retryEvent{Event: "retry", Job: p.status.job, Retry: retry, InSeconds: seconds(pause), Reason: cause}
	if !p.view.event(currentTime, event) {
		_ = p.view.writeMessage(currentTime, fmt.Appendf(nil, "%sTransfer interrupted: %s; retrying in %s\n", prefix(p.status.job), printable.Fold(cause), pause))
	}
}

// Done ends a transfer: the live line goes. failed is nil where all went well.
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

// Fail tells programs what ended the command, and reports whether they are who
// is told: then people need not be.
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
