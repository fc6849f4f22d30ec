package ui

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	// drawEvery is the shortest time between two drawings of the live line.
	drawEvery = 100 * time.Millisecond
	// barRoom is the width of the shortest bar, with the percentage and spaces.
	barRoom = 14
	// barWidth is the width of the bar if there is room.
	barWidth = 24
	// assumedWidth is that of a terminal that does not tell.
	assumedWidth = 80
	spinner      = 14
)

// live is one line on a terminal that is rewritten.
type live struct {
	out io.Writer
	// bar is nil while no line is shown.
	bar *progressbar.ProgressBar
	// total is what bar counts up to; 0 for one that only spins.
	total    int64
	nextDraw time.Time
}

func newLive(out io.Writer) *live { return &live{out: out} }

func (l *live) update(currentTime time.Time, s status, changed bool) {
	if !changed && currentTime.Before(l.nextDraw) {
		return
	}
	total := s.progress.TotalBytes
	text, since := waitingFor(currentTime, s)
	if text != "" {
		total = 0
	} else if text = strings.Join(facts(s, total == 0), ", "); text == "" {
		return
	}
	l.nextDraw = currentTime.Add(drawEvery)
	l.draw(l.shorten(prefix(s.job)+text, since), s.progress.Bytes, total)
}

// draw replaces the line that is shown.
func (l *live) draw(text string, bytes, total int64) {
	if l.bar != nil && (l.total == 0) != (total == 0) {
		l.clear()
	}
	if l.bar == nil {
		l.bar, l.total = l.newBar(total), total
	}
	if l.total != total {
		l.total = total
		l.bar.ChangeMax64(total)
	}
	if total > 0 {
		// A bar that is full is over, and this one is until all is proven.
		_ = l.bar.Set64(min(max(bytes, 0), total-1))
	}
	l.bar.Describe(text)
}

// newBar returns a bar that shows no text but the description.
func (l *live) newBar(total int64) *progressbar.ProgressBar {
	if total == 0 {
		total = -1
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(l.out), progressbar.OptionSetWidth(barWidth), progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish(),
		// Without an interval it draws only on request, so that no drawing interrupts a message.
		progressbar.OptionSpinnerType(spinner), progressbar.OptionSetSpinnerChangeInterval(0))
}

// shorten shortens text, but not its end, to what the terminal has room for: a line
// that wraps cannot be rewritten.
func (l *live) shorten(text, end string) string {
	width := assumedWidth
	if file, ok := l.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
			width = w
		}
	}
	room := max(width-barRoom-len(end), 0)
	if runes := []rune(text); len(runes) > room {
		text = string(runes[:room])
	}
	return text + end
}

func (l *live) writeMessage(currentTime time.Time, text []byte) error {
	l.clear()
	l.nextDraw = currentTime // the line comes back at once
	_, err := l.out.Write(text)
	return err
}

func (*live) event(time.Time, any) bool { return false }

func (l *live) clear() {
	if l.bar != nil {
		_ = l.bar.Clear()
		l.bar = nil
	}
}
