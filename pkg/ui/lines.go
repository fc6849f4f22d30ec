package ui

import (
	"fmt"
	"io"
	"time"
)

// quiet shows messages only.
type quiet struct{ out io.Writer }

func (quiet) update(time.Time, status, bool) {}
func (quiet) clear()                         {}
func (quiet) event(time.Time, any) bool      { return false }
func (q quiet) writeMessage(_ time.Time, text []byte) error {
	_, err := q.out.Write(text)
	return err
}

// lineEvery is the time between lines of progress if there is no
// terminal.
const lineEvery = 10 * time.Second

// lines shows a line now and then.
type lines struct {
	out      io.Writer
	nextLine time.Time
}

func (l *lines) update(currentTime time.Time, s status, _ bool) {
	switch {
	case l.nextLine.IsZero():
		l.nextLine = currentTime.Add(lineEvery)
	case !currentTime.Before(l.nextLine):
		l.nextLine = currentTime.Add(lineEvery)
		if text := sentence(currentTime, s); text != "" {
			_, _ = fmt.Fprintln(l.out, text)
		}
	}
}

func (l *lines) clear()                  { l.nextLine = time.Time{} }
func (*lines) event(time.Time, any) bool { return false }
func (l *lines) writeMessage(_ time.Time, text []byte) error {
	_, err := l.out.Write(text)
	return err
}
