package wire

import (
	"slices"
	"time"
)

const (
	// patience is how long, in seconds, to wait after a leap in vain; it doubles up
	// to longPatience. It is at least leapShare times as long as the leap took.
	patience, longPatience = 0.5, 30.0
	leapShare              = 30
	// width is how much faster than known a leap supposes the link to be.
	width = 8
	// vanishing is how much may lie in buffers on the way. As long as no more was
	// written, a writer that never waits says nothing about the link.
	vanishing = 8 << 20
	// shortWatch is how long one measurement takes, in seconds, and leastWatch how
	// many bytes, unless that takes longer than longWatch.
	shortWatch, longWatch = 0.02, 1.0
	leastWatch            = blockSize
	// memory is how many measurements of the link's rate are kept.
	memory = 4
)

// leap is the state of the attempts to find out that the link is faster.
type leap struct {
	on             bool
	from           float64 // what the link was known for
	sure           bool    // from was measured, and not only supposed
	began          float64
	next, patience float64
}

// wrote reports that there was nothing to write for idle, and that a block of
// raw bytes, wire of them after compression, then took busy.
func (m *meter) wrote(raw, wire int, busy, idle time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock += (busy + idle).Seconds()
	if wire >= tiny {
		m.copies = min(m.copies, busy.Seconds()/float64(wire))
	}
	w := &m.watch
	w.raw += float64(raw)
	w.wire += float64(wire)
	w.busy += busy.Seconds()
	w.idle += idle.Seconds()
	if w.enough() {
		m.measure(*w)
		*w = watch{}
	}
}

// enough reports whether a measurement is long enough to be one.
func (w *watch) enough() bool {
	total := w.busy + w.idle
	return total >= longWatch || total >= shortWatch && w.wire >= leastWatch
}

// starved reports whether there was too often nothing to write for the link to
// be the narrow place.
func (w *watch) starved() bool { return w.idle >= 0.1*(w.busy+w.idle) }

// measure takes a measurement in.
func (m *meter) measure(w watch) {
	copy(m.rates[1:], m.rates[:])
	m.rates[0] = w.wire / w.busy
	m.watched++
	certain := m.watched > len(m.rates) || m.leap.vain(m.rates)
	if w.starved() {
		m.room += w.wire
		m.link = min(max(m.link, w.wire/(w.busy+w.idle)), m.rate())
		certain = m.room >= vanishing || m.leap.on && certain
	} else {
		m.room = 0
		certain = certain || !m.leap.on
		if certain {
			m.know(m.rate())
		}
	}
	if certain {
		m.land()
		m.jump()
	}
	m.compare(w)
}

// know takes a rate for the link's. The first one is not doubted at once: on a
// slow link a leap takes long.
func (m *meter) know(rate float64) {
	if !m.sure && !m.leap.on {
		takes := (memory + 1) * max(shortWatch, leastWatch/rate)
		m.leap.next = max(m.leap.next, m.clock+max(patience, leapShare*takes))
	}
	m.link, m.sure = rate, true
}

// rate is what the link took while it was written to: the best of the last few
// measurements, since a process that had to wait for its turn spoils some. The
// best may come from a buffer that was empty: two in a row that are far below it
// are believed.
func (m *meter) rate() float64 {
	best, last := slices.Max(m.rates[:]), max(m.rates[0], m.rates[1])
	if m.watched > 1 && last < best/2 {
		return last
	}
	return best
}

func (m *meter) forgetRates() { m.rates, m.watched = [memory]float64{}, 0 }

// compare learns the load, which shows where the link is not the narrow place.
// Where it is, the load is believed less and less.
func (m *meter) compare(w watch) {
	const weight, fading, most = 0.2, 0.004, 4
	if m.leap.on || !w.starved() {
		m.load += fading * (1 - m.load)
		return
	}
	load := (w.busy + w.idle) / w.raw / m.making(m.codec)
	m.loads = [3]float64{m.loads[1], m.loads[2], load}
	m.load += weight * (min(max(middle(m.loads), 1), most) - m.load)
}

func middle(of [3]float64) float64 {
	slices.Sort(of[:])
	return of[1]
}

// vain reports whether rates, the last ones first, show already that a leap was:
// by what the link had before, all over again, or by far less, twice.
func (l *leap) vain(rates [memory]float64) bool {
	again := l.sure && rates[0] < 1.4*l.from && l.from < 1.4*rates[0]
	return l.on && (again || rates[1] > 0 && max(rates[0], rates[1]) < l.from/2)
}

// land ends a leap. One in vain makes the next wait longer.
func (m *meter) land() {
	l := &m.leap
	if !l.on {
		return
	}
	l.on = false
	if m.link > 2*l.from {
		l.patience = patience
		return
	}
	l.next = m.clock + max(l.patience, leapShare*(m.clock-l.began))
	l.patience = min(2*l.patience, longPatience)
}

// jump supposes that the link is much faster than it seems, where that has not
// just proved wrong. If something lighter is best then, it is used, and what the
// link does with it shows the truth.
func (m *meter) jump() {
	if m.codec == None || m.clock < m.leap.next {
		return
	}
	m.leap.on, m.leap.from, m.leap.sure, m.leap.began = true, m.link, m.sure, m.clock
	m.link, m.sure = min(width*m.link, 1/m.copies), false
	m.room = 0
	m.forgetRates()
}
