package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// sentence is a status in words, empty where there is nothing to say yet.
func sentence(now time.Time, s status) string {
	reason, since := waitingFor(now, s)
	text := reason + since
	if text == "" {
		text = strings.Join(facts(s, true), ", ")
	}
	if text == "" {
		return ""
	}
	return prefix(s.job) + text
}

// waitingFor is what a transfer waits for, and since when; both are empty where
// it does not wait.
func waitingFor(now time.Time, s status) (reason, since string) {
	if s.waiting == "" {
		return "", ""
	}
	if waited := now.Sub(s.since).Round(time.Second); waited >= time.Second {
		since = fmt.Sprintf(" (%s)", waited)
	}
	return s.waiting, since
}

// facts are what is known of a transfer, the most important first; percent says
// whether that is one of them.
func facts(s status, percent bool) []string {
	at := s.at
	if at == (At{}) {
		return nil
	}
	bytes := humanize.IBytes(uint64(max(at.Bytes, 0)))
	if at.TotalBytes > 0 {
		bytes += " of " + humanize.IBytes(uint64(at.TotalBytes))
		if percent {
			bytes += fmt.Sprintf(" (%d%%)", at.percent())
		}
	}
	all := []string{bytes}
	if s.rate > 0 {
		all = append(all, humanize.IBytes(uint64(s.rate))+"/s")
	}
	if s.left >= 0 {
		all = append(all, s.left.Round(time.Second).String()+" left")
	}
	files := humanize.Comma(at.Files)
	if at.TotalFiles > 0 {
		files += " of " + humanize.Comma(at.TotalFiles)
	}
	if at.Files == 1 && at.TotalFiles <= 1 {
		files += " file"
	} else {
		files += " files"
	}
	all = append(all, files)
	if at.Transport != "" {
		all = append(all, at.Transport)
	}
	return all
}

// percent is below 100 until all is there.
func (at At) percent() int64 {
	if at.TotalBytes <= 0 {
		return 0
	}
	return min(100, int64(float64(at.Bytes)/float64(at.TotalBytes)*100))
}

const (
	// window is the time over which the rate is measured.
	window = 10 * time.Second
	// sampleEvery keeps the samples few.
	sampleEvery = 500 * time.Millisecond
	// settled is how long a rate must have been measured to foretell anything.
	settled = 2 * time.Second
)

// meter measures a rate over a window: what a transfer does now, not what it did
// on average.
type meter struct{ samples []sample }

type sample struct {
	when  time.Time
	bytes int64
}

// measure returns the rate in bytes a second, and the time that is left, below 0
// where that cannot be told.
func (m *meter) measure(now time.Time, at At) (rate float64, left time.Duration) {
	if n := len(m.samples); n > 0 && at.Bytes < m.samples[n-1].bytes {
		m.samples = nil // it began anew
	}
	if n := len(m.samples); n == 0 || now.Sub(m.samples[n-1].when) >= sampleEvery {
		m.samples = append(m.samples, sample{now, at.Bytes})
	}
	for len(m.samples) > 2 && now.Sub(m.samples[1].when) >= window {
		m.samples = m.samples[1:]
	}
	span := now.Sub(m.samples[0].when)
	if span < sampleEvery {
		return 0, -1
	}
	rate = float64(at.Bytes-m.samples[0].bytes) / span.Seconds()
	if rate <= 0 || at.TotalBytes < at.Bytes || at.TotalBytes <= 0 || span < settled {
		return rate, -1
	}
	return rate, time.Duration(float64(at.TotalBytes-at.Bytes) / rate * float64(time.Second))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
