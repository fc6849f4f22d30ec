package wire

import "time"

const (
	// vanishing is how many bytes the buffers between both ends can hold. The time that
	// this many bytes took to write says nothing about the rate of the link.
	vanishing = 8 << 20
	// A measurement lasts at least shortWatch seconds and leastWatch bytes, but at most
	// longWatch seconds.
	shortWatch, longWatch = 0.02, 1.0
	leastWatch            = blockSize
	// memory is how many measurements of the link's rate are kept: links accept data
	// in bursts.
	memory = 4
	// patience is the pause after a failed probe, in seconds. It doubles up to
	// longPatience, and is at least probeShare times as long as the probe took.
	patience, longPatience = 0.5, 30.0
	probeShare             = 30
)

// probe assumes, for a time, that the link is as fast as it accepted the last data. It
// starts when the link often waits for data, because then its rate is not known.
type probe struct {
	active              bool
	knownRate           float64 // of the link before the probe, in bytes a second
	started             float64
	notBefore, patience float64
}

// watch is one measurement of the writing side.
type watch struct{ wire, busy, idle float64 }

// wrote records that the writing side had nothing to write for the time idle, and then
// took the time busy to write a block of that many bytes.
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

// enough reports whether the measurement is complete.
func (w *watch) enough() bool {
	total := w.busy + w.idle
	return total >= longWatch || total >= shortWatch && w.wire >= leastWatch
}

// starved reports whether the link waited for data so often that it is not the
// bottleneck.
func (w *watch) starved() bool { return w.idle >= 0.1*(w.busy+w.idle) }

// rate is the number of bytes a second that the link accepted while data was written.
func (w *watch) rate() float64 { return w.wire / w.busy }

// measure adds a measurement and updates the rate of the link.
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

// finishProbe ends the probe once its outcome is certain. A failed probe increases the
// pause before the next one.
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

// probeFailed reports whether the probe has already failed: the link has the same rate
// as before, or two measurements in a row are far below it.
func (m *meter) probeFailed() bool {
	latest, knownRate := m.watches[0], m.probe.knownRate
	repeated := latest.rate() < 1.4*knownRate && knownRate < 1.4*latest.rate()
	return !latest.starved() && (repeated || m.watched > 1 && m.recentRate() < knownRate/2)
}

// rate is the rate of the link over the last measurements. The first of them may have
// filled an empty buffer. Therefore two measurements in a row that are far below the
// average replace it.
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

// recentRate is the higher rate of the last two measurements.
func (m *meter) recentRate() float64 {
	if m.watched < 2 {
		return m.watches[0].rate()
	}
	return max(m.watches[0].rate(), m.watches[1].rate())
}

func (m *meter) forget() { m.watches, m.watched = [memory]watch{}, 0 }
