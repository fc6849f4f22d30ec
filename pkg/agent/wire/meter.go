package wire

import (
	"math"
	"runtime"
	"sync"
	"time"
)

// meter selects the codec with the highest throughput of content while a stream is sent.
//
// Two goroutines report to it at the same time: the producer, which fills and compresses
// blocks, and the writer, which writes them to the link. The slower of the two determines
// the time of a byte. If the writer always has data, the link is the bottleneck, and the
// rate of the writes is its rate. Otherwise the rate of the link is not known. Then the
// meter probes: it assumes the rate at which the link accepted the last data (link.go).
type meter struct {
	mu          sync.Mutex
	serial      bool // one processor: the two sides take turns
	codec       Codec
	costs       [codecs]cost
	fill        float64 // seconds for one byte before compression
	blockEffort effort  // how long it took to make blocks
	copies      float64 // seconds that writing one byte takes where nothing holds it up
	link        float64 // bytes a second
	clock       float64 // seconds that were reported
	sample      float64 // when to take the next, and when at the earliest
	early       float64

	watch   watch
	watches [memory]watch // the last ones
	watched int           // since watches was empty
	room    float64       // what was written since the link was last the narrow place
	probe   probe
}

// cost is what a codec does to one byte, on average.
type cost struct{ seconds, ratio float64 }

// effort is how many seconds the last blocks took until they could be written, and how
// many they should have taken by the measured costs of their codecs.
type effort struct{ took, should float64 }

// add adds a block. The weight of older blocks decays.
func (e *effort) add(took, should float64) {
	const window = 0.05 // seconds
	decay := math.Exp(-took / window)
	e.took, e.should = decay*e.took+took, decay*e.should+should
}

// load is how many times longer blocks take than measured alone. It is above 1 when
// other work uses the processor.
func (e *effort) load() float64 {
	const maxLoad = 4
	return min(max(e.took/e.should, 1), maxLoad)
}

// The initial values of a meter. Measured values soon replace most of them.
const (
	firstLink   = 100e6 // S2 is best there
	firstFill   = 0.3e-9
	firstCopies = 1e-9
	firstS2     = 1 / 450e6
	firstZstd   = 1 / 200e6
)

func newMeter() *meter {
	return &meter{
		serial:      runtime.GOMAXPROCS(0) == 1,
		codec:       S2,
		costs:       [codecs]cost{None: {0, 1}, S2: {firstS2, 0.5}, Zstd: {firstZstd, 0.4}},
		fill:        firstFill,
		blockEffort: effort{took: 0.01, should: 0.01},
		copies:      firstCopies,
		link:        firstLink,
		probe:       probe{patience: patience},
	}
}

// restart begins another stream. The measured values stay valid, because the stream
// uses the same link.
func (m *meter) restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watch = watch{}
	m.room = 0
	m.sample = 0
	m.early = 0
	m.forget()
}

// filled records that it took d to collect that many raw bytes.
func (m *meter) filled(raw int, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	smooth(&m.fill, d.Seconds()/float64(raw))
}

// packed records that codec compressed raw bytes to wire bytes in the time d.
func (m *meter) packed(codec Codec, raw, wire int, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.costs[codec]
	took, ratio := d.Seconds()/float64(raw), float64(wire)/float64(raw)
	// A ratio that differs much from the average means that the kind of data changed. The
	// other codecs have not been measured with it.
	const novelty, weight = 0.15, 0.25
	if math.Abs(ratio-c.ratio) > novelty {
		c.seconds, c.ratio = took, ratio
		m.sample = min(m.sample, m.early)
		return
	}
	smooth(&c.seconds, took)
	c.ratio += weight * (ratio - c.ratio)
}

// sampled records how long the last sample took. The next one follows after a multiple
// of that time, earlier if the data changes.
func (m *meter) sampled(d time.Duration) {
	const share, soon, maxInterval = 100, 20, 0.3
	m.mu.Lock()
	defer m.mu.Unlock()
	m.early = m.clock + min(soon*d.Seconds(), maxInterval)
	m.sample = m.clock + min(share*d.Seconds(), maxInterval)
}

// contentChanged records that data of another kind may follow.
func (m *meter) contentChanged() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sample = min(m.sample, m.early)
}

// sealed records that filling and compressing a block of raw bytes with codec took d.
func (m *meter) sealed(codec Codec, raw int, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blockEffort.add(d.Seconds(), float64(raw)*(m.fill+m.costs[codec].seconds))
}

// smooth adds a value to a moving average. It limits a value far above the average,
// because the process may have waited for the processor.
func smooth(mean *float64, value float64) {
	const rising, falling, outlier = 0.1, 0.35, 4
	weight := falling
	if value > *mean {
		weight = rising
		value = min(value, outlier**mean)
	}
	*mean += weight * (value - *mean)
}

// current returns the codec to use now, and whether the others are due for a sample.
func (m *meter) current() (codec Codec, sample bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.choose()
	return m.codec, m.clock >= m.sample
}

// choose changes the codec if another one is faster by more than the measuring error.
func (m *meter) choose() {
	const gain = 1.07
	best := m.codec
	for codec := range Codec(codecs) {
		if m.expected(codec) < m.expected(best) {
			best = codec
		}
	}
	if m.expected(m.codec) > gain*m.expected(best) {
		m.codec = best
		m.watch = watch{}
		m.room = 0
	}
}

// expected is how long one byte of content will take with codec.
func (m *meter) expected(codec Codec) float64 {
	return max(m.blockEffort.load()*m.making(codec), m.costs[codec].ratio/m.link)
}

// making is how many seconds it takes to produce one byte of content that can be written.
func (m *meter) making(codec Codec) float64 {
	making := m.fill + m.costs[codec].seconds
	if m.serial {
		making += m.costs[codec].ratio * min(m.copies, 1/m.link)
	}
	return making
}
