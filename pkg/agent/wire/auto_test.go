// The race detector makes the codecs so slow that others are the right ones.
//go:build unix && !race

package wire

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"
)

// workClock advances by the CPU time that this process uses, and by what a throttled link waits. So the codecs take what
// they need on this machine, however busy it is, and no test waits for a link.
type workClock struct {
	mu     sync.Mutex
	waited time.Duration
}

func (c *workClock) Now() time.Time {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Unix(0, usage.Utime.Nano()+usage.Stime.Nano()).Add(c.waited)
}

func (c *workClock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited += d
}

// throttled is a pipe with a buffer from which bytes leave at a rate, by its clock.
type throttled struct {
	clock    workClock
	rate     float64 // bytes a second
	capacity float64
	level    float64
	drained  time.Time // when level was computed
	blocks   []Codec   // of each block, in order
}

func throttle(rate, capacity float64) *throttled {
	p := &throttled{rate: rate, capacity: capacity}
	p.drained = p.clock.Now()
	return p
}

func (p *throttled) Write(b []byte) (int, error) {
	p.blocks = append(p.blocks, Codec(b[0]))
	p.drain()
	if excess := p.level - p.capacity; excess > 0 {
		p.clock.wait(time.Duration(excess / p.rate * float64(time.Second)))
		p.drain()
	}
	p.level += float64(len(b))
	return len(b), nil
}

func (p *throttled) drain() {
	start := p.clock.Now()
	p.level = max(0, p.level-p.rate*start.Sub(p.drained).Seconds())
	p.drained = start
}

func (*throttled) Flush() error { return nil }

// free is a link that takes everything at once.
type free struct{ blocks []Codec }

func (f *free) Write(b []byte) (int, error) {
	f.blocks = append(f.blocks, Codec(b[0]))
	return io.Discard.Write(b)
}

func (*free) Flush() error { return nil }

// log is n bytes of what a training run writes.
func log(n int) []byte {
	numbers := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for step := 0; b.Len() < n; step++ {
		fmt.Fprintf(&b, "2026-05-01 12:%02d:%02d step %d loss=%.6f lr=%.2e tokens/s=%d\n",
			step/60%60, step%60, step, numbers.Float64(), numbers.Float64()*1e-3, numbers.IntN(100000))
	}
	return b.Bytes()[:n]
}

// send writes data times over as one file.
func send(t *testing.T, dst Destination, clock func() time.Time, data []byte, times int) {
	t.Helper()
	w := NewWriter(Config{Now: clock})
	w.Start(dst, Auto)
	for range times {
		write(t, w, data)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
}

// lastly is the codec of most of the last blocks, without the very last, which
// holds the end frame.
func lastly(blocks []Codec) Codec {
	var counts [codecs]int
	for _, codec := range blocks[len(blocks)*3/4 : len(blocks)-1] {
		counts[codec]++
	}
	best := None
	for codec := range Codec(codecs) {
		if counts[codec] > counts[best] {
			best = codec
		}
	}
	return best
}

func TestAutoFindsZstdOnASlowLink(t *testing.T) {
	p := throttle(3_000_000, 4<<20)
	send(t, p, p.clock.Now, log(8<<20), 4)
	if got := lastly(p.blocks); got != Zstd {
		t.Errorf("it ended with %s: %v", got, p.blocks)
	}
}

func TestAutoLeavesNoiseAlone(t *testing.T) {
	data := make([]byte, 8<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	p := throttle(50_000_000, 4<<20)
	send(t, p, p.clock.Now, data, 4)
	if got := lastly(p.blocks); got != None {
		t.Errorf("it ended with %s: %v", got, p.blocks)
	}
}

func TestAutoFindsNoneOnAFreeLink(t *testing.T) {
	f := &free{}
	send(t, f, new(workClock).Now, log(8<<20), 32)
	if got := lastly(f.blocks); got != None {
		t.Errorf("it ended with %s: %v", got, f.blocks)
	}
}
