// The race detector makes the codecs so slow that others are the right ones.
//go:build !race

package wire

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// throttled is a pipe with a buffer from which bytes leave at a rate.
type throttled struct {
	mu     sync.Mutex
	room   *sync.Cond
	level  int
	most   int
	closed chan struct{}
	blocks []Codec // of each block, in order
}

func throttle(t *testing.T, rate, most int) *throttled {
	t.Helper()
	p := &throttled{most: most, closed: make(chan struct{})}
	p.room = sync.NewCond(&p.mu)
	t.Cleanup(func() { close(p.closed) })
	const tick = 5 * time.Millisecond
	go func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		last := time.Now()
		for {
			select {
			case <-p.closed:
				return
			case now := <-ticker.C:
				p.mu.Lock()
				p.level = max(0, p.level-int(float64(rate)*now.Sub(last).Seconds()))
				p.mu.Unlock()
				last = now
				p.room.Broadcast()
			}
		}
	}()
	return p
}

func (p *throttled) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocks = append(p.blocks, Codec(b[0]))
	for p.level > p.most {
		p.room.Wait()
	}
	p.level += len(b)
	return len(b), nil
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
func send(t *testing.T, dst Destination, data []byte, times int) {
	t.Helper()
	w := NewWriter(Config{Now: time.Now})
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
	// So slow that zstd keeps up even on a machine with much else to do.
	p := throttle(t, 3_000_000, 4<<20)
	send(t, p, log(8<<20), 4)
	if got := lastly(p.blocks); got != Zstd {
		t.Errorf("it ended with %s: %v", got, p.blocks)
	}
}

func TestAutoLeavesNoiseAlone(t *testing.T) {
	data := make([]byte, 8<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	p := throttle(t, 50_000_000, 4<<20)
	send(t, p, data, 4)
	if got := lastly(p.blocks); got != None {
		t.Errorf("it ended with %s: %v", got, p.blocks)
	}
}

func TestAutoFindsNoneOnAFreeLink(t *testing.T) {
	f := &free{}
	send(t, f, log(8<<20), 32)
	if got := lastly(f.blocks); got != None {
		t.Errorf("it ended with %s: %v", got, f.blocks)
	}
}
