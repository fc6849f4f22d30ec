package wire

import "time"

const (
	// vanishing is how much may lie in buffers on the way. As long as no more was
	// written, how fast it went says nothing about the link.
	vanishing = 8 << 20
	// shortWatch is how long one measurement takes, in seconds, and leastWatch how
	// many bytes, unless that takes longer than longWatch.
	shortWatch, longWatch = 0.02, 1.0
	leastWatch            = blockSize
	// memory is how many measurements of the link's rate are kept: links take what
	// they are given in bursts.
	memory = 4
	// patience is how long, in seconds, to wait after a hope in vain; it doubles up
	// to longPatience. It is at least hopeShare times as long as the hope took.
	patience, longPatience = 0.5, 30.0
	probeShare             = 30
)

// probe is that a link which waits for something to take is as fast as it took
// that.
type probe struct {
	active              bool
	knownRate           float64 // what the link was known for
	started             float64
	notBefore, patience float64
}

// watch is one measurement of the writing side.
type watch struct{ wire, busy, idle float64 }

// wrote reports that there was nothing to write for idle, and that a block of
// wire bytes then took busy.
func (m *meter) wrote(wire int, busy, idle time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock += (busy + idle).Seconds()
	if wire >= tiny {
		m.copies = min(m.copies, busy.Seconds()/float64(wire))
	}
	w := &m.watch
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

// rate is what the link took while it was written to.
func (w *watch) rate() float64 { return w.wire / w.busy }

// measure takes a measurement in.
func (m *meter) measure(w watch) {
	copy(m.watches[1:], m.watches[:])
	m.watches[0] = w
	m.watched++
	switch {
	case w.starved():
		m.room += w.wire
		m.link = min(max(m.link, w.wire/(w.busy+w.idle)), m.rate())
	case m.probe.active:
		m.room = 0
	default:
		m.room, m.link = 0, m.rate()
	}
	if m.probe.active {
		m.finishProbe()
	} else if m.room >= vanishing && m.clock >= m.probe.notBefore {
		m.probe.active = true
		m.probe.knownRate = m.link
		m.probe.started = m.clock
		m.room, m.link = 0, m.rate()
		m.forget()
	}
}

// finishProbe ends a hope once it is certain what came of it. One in vain makes the next
// wait longer.
func (m *meter) finishProbe() {
	h := &m.probe
	if m.watched <= len(m.watches) && !m.probeFailed() {
		return
	}
	h.active = false
	if !m.watches[0].starved() {
		m.link = min(m.recentRate(), max(h.knownRate, m.watches[0].rate()))
	}
	if m.link > 2*h.knownRate {
		h.patience = patience
		return
	}
	h.notBefore = m.clock + max(h.patience, probeShare*(m.clock-h.started))
	h.patience = min(2*h.patience, longPatience)
}

// probeFailed reports whether it shows already that a hope was: by what the link had
// before, all over again, or by far less, twice.
func (m *meter) probeFailed() bool {
	latest, knownRate := m.watches[0], m.probe.knownRate
	repeated := latest.rate() < 1.4*knownRate && knownRate < 1.4*latest.rate()
	return !latest.starved() && (repeated || m.watched > 1 && m.recentRate() < knownRate/2)
}

// rate is what the link took of late while it was written to. The first of it may
// have gone into a buffer that was empty: two measurements in a row that are far
// below the rest are believed.
func (m *meter) rate() float64 {
	var total watch
	for _, w := range m.watches {
		total.wire, total.busy = total.wire+w.wire, total.busy+w.busy
	}
	if m.watched > 1 && m.recentRate() < total.rate()/2 {
		return m.recentRate()
	}
	return total.rate()
}

// recentRate is the better one of the last two measurements of the rate.
func (m *meter) recentRate() float64 {
	if m.watched < 2 {
		return m.watches[0].rate()
	}
	return max(m.watches[0].rate(), m.watches[1].rate())
}

func (m *meter) forget() { m.watches, m.watched = [memory]watch{}, 0 }
