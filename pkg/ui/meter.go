package ui

import (
	"time"
)

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
// if unknown.
func (m *meter) measure(currentTime time.Time, progress At) (rate float64, remaining time.Duration) {
	if n := len(m.samples); n > 0 && progress.Bytes < m.samples[n-1].bytes {
		m.samples = nil // it began anew
	}
	if n := len(m.samples); n == 0 || currentTime.Sub(m.samples[n-1].when) >= sampleEvery {
		m.samples = append(m.samples, sample{currentTime, progress.Bytes})
	}
	for len(m.samples) > 2 && currentTime.Sub(m.samples[1].when) >= window {
		m.samples = m.samples[1:]
	}
	span := currentTime.Sub(m.samples[0].when)
	if span < sampleEvery {
		return 0, -1
	}
	rate = float64(progress.Bytes-m.samples[0].bytes) / span.Seconds()
	if rate <= 0 || progress.TotalBytes < progress.Bytes || progress.TotalBytes <= 0 || span < settled {
		return rate, -1
	}
	return rate, time.Duration(float64(progress.TotalBytes-progress.Bytes) / rate * float64(time.Second))
}
