package ui

import (
	"fmt"
	"io"
	"time"
)

// quiet shows words only.
type quiet struct{ out io.Writer }

func (quiet) update(time.Time, status, bool) {}
func (quiet) clear()                         {}
func (quiet) event(time.Time, any) bool      { return false }
func (q quiet) say(_ time.Time, text []byte) error {
	_, err := q.out.Write(text)
	return err
}

// lineEvery is how often progress is a line of its own, where there is no
// terminal to rewrite one on.
const lineEvery = 10 * time.Second

// lines shows a line now and then.
type lines struct {
	out  io.Writer
	next time.Time
}

func (l *lines) update(now time.Time, s status, _ bool) {
	switch {
	case l.next.IsZero():
		l.next = now.Add(lineEvery)
	case !now.Before(l.next):
		l.next = now.Add(lineEvery)
		if text := sentence(now, s); text != "" {
			_, _ = fmt.Fprintln(l.out, text)
		}
	}
}

func (l *lines) clear()                  { l.next = time.Time{} }
func (*lines) event(time.Time, any) bool { return false }
func (l *lines) say(_ time.Time, text []byte) error {
	_, err := l.out.Write(text)
	return err
}
