package wire

import "time"

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
	// memory is how many measurements of the link's rate are kept: links take what
	// they are given in bursts.
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
	copy(m.watches[1:], m.watches[:])
	m.watches[0] = w
	m.watched++
	certain := m.watched > len(m.watches) || m.leap.vain(m.watches)
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

// rate is what the link took of late while it was written to. The first of it may
// have gone into a buffer that was empty: two measurements in a row that are far
// below the rest are believed.
func (m *meter) rate() float64 {
	var all watch
	for _, w := range m.watches {
		all.wire, all.busy = all.wire+w.wire, all.busy+w.busy
	}
	if last := max(m.watches[0].rate(), m.watches[1].rate()); m.watched > 1 && last < all.rate()/2 {
		return last
	}
	return all.rate()
}

func (m *meter) forget() { m.watches, m.watched = [memory]watch{}, 0 }

// vain reports whether watches, the last ones first, show already that a leap
// was: by what the link had before, all over again, or by far less, twice.
func (l *leap) vain(watches [memory]watch) bool {
	last := watches[0].rate()
	again := l.sure && last < 1.4*l.from && l.from < 1.4*last
	return l.on && (again || watches[1].busy > 0 && max(last, watches[1].rate()) < l.from/2)
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
	m.forget()
}
