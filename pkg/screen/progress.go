package screen

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// lineEvery is how often progress is a line of its own, where there is no
// terminal to rewrite one on.
const lineEvery = 10 * time.Second

// Progress shows how far a transfer is: one live line on a terminal, else a
// line every few seconds.
type Progress struct {
	out   io.Writer
	clock clock.PassiveClock
	// bar is nil without a terminal.
	bar  *progressbar.ProgressBar
	next time.Time
}

// NewProgress returns the progress of a transfer that begins now.
func NewProgress(out io.Writer, clock clock.PassiveClock) *Progress {
	p := &Progress{out: out, clock: clock, next: clock.Now().Add(lineEvery)}
	if IsTerminal(out) {
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14))
	}
	return p
}

// Report implements transfer.Reporter.
func (p *Progress) Report(at transfer.Progress) {
	text := fmt.Sprintf("%d files", at.Files)
	if at.Files == 1 {
		text = "1 file"
	}
	if p.bar != nil {
		p.bar.Describe(text)
		_ = p.bar.Set64(at.Bytes)
		return
	}
	if now := p.clock.Now(); !now.Before(p.next) {
		p.next = now.Add(lineEvery)
		_, _ = fmt.Fprintf(p.out, "%s, %s\n", text, humanize.IBytes(uint64(max(at.Bytes, 0))))
	}
}

// Done takes the live line away.
func (p *Progress) Done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
