// Nothing here runs at the same time, and there is a lot of it.
//go:build !race

package wire

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

// content is data as the codecs see it: seconds for a byte, and the ratio.
type content [codecs]cost

var (
	text   = content{S2: {seconds: 2.2e-9, ratio: 0.42}, Zstd: {seconds: 5e-9, ratio: 0.22}}
	noise  = content{S2: {seconds: 0.15e-9, ratio: 1}, Zstd: {seconds: 0.25e-9, ratio: 1}}
	zeros  = content{S2: {seconds: 0.4e-9, ratio: 0.05}, Zstd: {seconds: 0.6e-9, ratio: 0.01}}
	floats = content{S2: {seconds: 0.6e-9, ratio: 1}, Zstd: {seconds: 3.5e-9, ratio: 0.8}}
)

// link is a way with a buffer at its beginning.
type link struct {
	copies float64 // bytes a second into the buffer: the sender's own work
	rate   float64 // bytes a second out of it
	buffer float64
	burst  float64 // seconds from one time that bytes leave to the next; 0 is always
}

// remaining is how many bytes may have left until a time.
func (l link) remaining(t float64) float64 {
	if l.burst > 0 {
		t = math.Floor(t/l.burst) * l.burst
	}
	return l.rate * t
}

// until is when so many bytes more than at a time may have left.
func (l link) until(t, bytes float64) float64 {
	if l.burst == 0 {
		return t + bytes/l.rate
	}
	return math.Ceil((l.remaining(t)+bytes)/l.rate/l.burst-1e-9) * l.burst
}

// simulation plays Writer and sink with costs that are given, in its own time.
type simulation struct {
	link
	fill    float64
	serial  bool // one processor: what is copied for the link holds up the filling
	meter   *meter
	fixed   Codec
	level   float64
	drained float64 // when level was right
	started float64 // the last block began to be written
	ended   float64
	elapsed float64 // where the filling side is
	reports []report
}

type report struct {
	start, busy, idle float64
	wire              int
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// stall holds both sides up now and then, and some compressing, as a machine
// does that has other things to do.
func (s *simulation) stall(random *rand.Rand, data content) content {
	if random.IntN(40) == 0 {
		s.elapsed += random.ExpFloat64() * 0.01
	}
	if random.IntN(40) == 0 {
		s.ended += random.ExpFloat64() * 0.01
	}
	if random.IntN(20) == 0 {
		late := random.ExpFloat64() * 0.005 / blockSize
		data[S2].seconds += late
		data[Zstd].seconds += late
	}
	return data
}

// block sends one block of data.
func (s *simulation) block(data content) {
	began := s.elapsed
	s.elapsed += s.fill * blockSize
	codec := s.pick(data)
	wire := blockSize
	if codec != None {
		took := data[codec].seconds * blockSize
		s.elapsed += took
		wire = int(data[codec].ratio * blockSize)
		s.meter.packed(codec, blockSize, wire, seconds(took))
	}
	s.meter.sealed(codec, blockSize, seconds(s.elapsed-began))
	s.elapsed = max(s.elapsed, s.started) // one block waits, no more
	s.put(wire)
}

func (s *simulation) pick(data content) Codec {
	if s.fixed != Auto {
		return s.fixed
	}
	for len(s.reports) > 0 && s.reports[0].start <= s.elapsed {
		r := s.reports[0]
		s.reports = s.reports[1:]
		s.meter.wrote(r.wire, seconds(r.busy), seconds(r.idle))
	}
	s.meter.filled(blockSize, seconds(s.fill*blockSize))
	codec, due := s.meter.current()
	if !due {
		return codec
	}
	var took float64
	for _, candidate := range []Codec{S2, Zstd} {
		if candidate != codec {
			took += data[candidate].seconds * blockSize
			s.meter.packed(candidate, blockSize, int(data[candidate].ratio*blockSize), seconds(data[candidate].seconds*blockSize))
		}
	}
	s.elapsed += took
	s.meter.sampled(seconds(took))
	codec, _ = s.meter.current()
	return codec
}

// put writes one block when the one before it is written.
func (s *simulation) put(wire int) {
	began := max(s.elapsed, s.ended)
	s.level = max(0, s.level-(s.remaining(began)-s.remaining(s.drained)))
	ended := began + float64(wire)/s.copies
	level := s.level + float64(wire) - (s.remaining(ended) - s.remaining(began))
	if excess := level - s.buffer; excess > 0 {
		later := s.until(ended, excess)
		level -= s.remaining(later) - s.remaining(ended)
		ended = later
	}
	s.reports = append(s.reports, report{ended, ended - began, began - s.ended, wire})
	s.level = max(0, level)
	s.started = began
	s.ended = ended
	s.drained = s.ended
	if s.serial {
		s.elapsed += float64(wire) / s.copies
	}
}

// total is how long it takes until the other end has everything.
func (s *simulation) total() float64 { return s.ended + s.level/s.rate }

// run sends size bytes, of each of data by turns, and returns how long it takes
// and the codec at its end.
func run(l link, fixed Codec, serial bool, size int, data ...content) (float64, Codec) {
	s := &simulation{link: l, fill: 0.3e-9, serial: serial, meter: newMeter(), fixed: fixed}
	s.meter.serial = serial
	const turn = 32 << 20
	for sent := 0; sent < size; sent += blockSize {
		s.block(data[sent/turn%len(data)])
	}
	return s.total(), s.meter.codec
}

func TestNeverMuchSlowerThanTheBest(t *testing.T) {
	slowtest.Skip(t)
	const megabyte = 1 << 20
	buffers := []float64{64 << 10, 4 << 20}
	for name, kind := range map[string]struct {
		size int
		data []content
	}{
		"text":   {512 * megabyte, []content{text}},
		"noise":  {512 * megabyte, []content{noise}},
		"floats": {512 * megabyte, []content{floats}},
		"mixed":  {512 * megabyte, []content{text, noise}},
		// It takes many of them until what vanished in a buffer in the beginning
		// does not count.
		"zeros": {8192 * megabyte, []content{zeros}},
	} {
		for _, rate := range []float64{2000e6, 700e6, 400e6, 250e6, 180e6, 120e6, 80e6, 50e6, 30e6, 12.5e6, 5e6, 1e6} {
			for _, buffer := range buffers {
				for _, serial := range []bool{false, true} {
					l := link{copies: 1100e6, rate: rate, buffer: buffer}
					t.Run(fmt.Sprintf("%s at %.1f MB/s through %.0f kB, serial %t", name, rate/1e6, buffer/1024, serial), func(t *testing.T) {
						best := math.Inf(1)
						for _, codec := range []Codec{None, S2, Zstd} {
							took, _ := run(l, codec, serial, kind.size, kind.data...)
							best = min(best, took)
						}
						took, codec := run(l, Auto, serial, kind.size, kind.data...)
						if took > 1.1*best {
							t.Errorf("%.2f s, %.0f%% more than the best; the last codec was %s", took, 100*(took/best-1), codec)
						}
					})
				}
			}
		}
	}
}

// Behind the socket are other programs' buffers, which give way by the megabyte.
func TestBurstsDoNotMislead(t *testing.T) {
	for _, rate := range []float64{250e6, 120e6, 50e6, 25e6, 12.5e6, 5e6} {
		for _, burst := range []float64{256e3, 1e6, 2e6} {
			l := link{copies: 1100e6, rate: rate, buffer: 1<<20 + burst, burst: burst / rate}
			best := math.Inf(1)
			for _, codec := range []Codec{None, S2, Zstd} {
				took, _ := run(l, codec, false, 512<<20, text)
				best = min(best, took)
			}
			if took, codec := run(l, Auto, false, 512<<20, text); took > 1.1*best {
				t.Errorf("at %.1f MB/s, %.2f MB at a time, it takes %.2f s, and the best %.2f; the last codec was %s", rate/1e6, burst/1e6, took, best, codec)
			}
		}
	}
}

func TestHiccupsDoNotMislead(t *testing.T) {
	for _, rate := range []float64{700e6, 250e6, 120e6, 50e6, 12.5e6} {
		took := func(fixed Codec) float64 {
			random := rand.New(rand.NewPCG(1, 1))
			s := &simulation{link: link{copies: 1100e6, rate: rate, buffer: 4 << 20}, fill: 0.3e-9, meter: newMeter(), fixed: fixed}
			s.meter.serial = false
			for range 2048 {
				s.block(s.stall(random, text))
			}
			return s.total()
		}
		best := min(took(None), took(S2), took(Zstd))
		if auto := took(Auto); auto > 1.15*best {
			t.Errorf("at %.1f MB/s it takes %.2f s, and the best %.2f", rate/1e6, auto, best)
		}
	}
}

func TestFollowsALinkThatChanges(t *testing.T) {
	s := &simulation{link: link{copies: 1100e6, buffer: 1 << 20}, fill: 0.3e-9, meter: newMeter(), fixed: Auto}
	s.meter.serial = false
	for _, step := range []struct {
		rate float64
		want Codec
	}{{900e6, None}, {10e6, Zstd}, {100e6, S2}, {900e6, None}, {10e6, Zstd}} {
		s.rate = step.rate
		for until := s.elapsed + 30; s.elapsed < until; {
			s.block(text)
		}
		if s.meter.codec != step.want {
			t.Errorf("at %.0f MB/s it uses %s and not %s", step.rate/1e6, s.meter.codec, step.want)
		}
	}
}
