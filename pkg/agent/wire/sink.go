package wire

import (
	"sync"
	"time"
)

// sink writes blocks while the Writer fills the next ones.
type sink struct {
	dst   Destination
	clock func() time.Time
	beat  time.Duration
	meter *meter
	free  chan<- []byte
	queue chan packed
	close sync.Once
	whole bool // set before queue is closed: the end frame may be written

	digest   digest
	since    time.Time     // the last Write ended then
	flushing time.Duration // in Flush since then
	failed   chan struct{} // closed once err is set
	done     chan struct{}
	err      error
}

// put queues a block. It returns the error of the destination if writing has failed.
func (s *sink) put(b packed) error {
	select {
	case s.queue <- b:
		return nil
	case <-s.failed:
		return s.err
	}
}

// failure is the error of the destination so far.
func (s *sink) failure() error {
	select {
	case <-s.failed:
		return s.err
	default:
		return nil
	}
}

// run writes all that is queued, then the end.
func (s *sink) run() {
	defer close(s.done)
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	s.since = s.clock()
	quiet := false
	for {
		block, open := s.nextBlock(beat.C)
		switch {
		case !open:
			s.end()
			return
		case block.bytes == nil && quiet:
			s.write(s.heartbeat())
		case block.bytes == nil:
			quiet = true
		default:
			quiet = false
			s.write(block)
			s.free <- block.bytes[:0]
		}
	}
}

// nextBlock waits for a block, or for a beat, for which it returns an empty block. Before
// it waits, it flushes the destination.
func (s *sink) nextBlock(beat <-chan time.Time) (block packed, open bool) {
	select {
	case block, open = <-s.queue:
		return block, open
	default:
	}
	s.flush()
	select {
	case block, open = <-s.queue:
		return block, open
	case <-beat:
		return packed{}, true
	}
}

// write writes one block. After a failure it discards blocks.
func (s *sink) write(b packed) {
	if s.failure() != nil {
		return
	}
	began := s.clock()
	_, err := s.dst.Write(b.bytes)
	ended := s.clock()
	s.meter.wrote(len(b.bytes), ended.Sub(began)+s.flushing, began.Sub(s.since)-s.flushing)
	s.since, s.flushing = ended, 0
	s.digest.add(b.frames, b.raw, b.sum)
	s.check(err)
}

func (s *sink) flush() {
	if s.failure() != nil {
		return
	}
	began := s.clock()
	s.check(s.dst.Flush())
	s.flushing += s.clock().Sub(began)
}

func (s *sink) check(err error) {
	if err != nil {
		s.err = err
		close(s.failed)
	}
}

// heartbeat returns a block without content, which shows that the sender is alive.
func (s *sink) heartbeat() packed {
	return tinyBlock([]byte{byte(kindBeat)})
}

// end writes the end frame, if the stream is complete.
func (s *sink) end() {
	if s.whole {
		s.write(tinyBlock(s.digest.appendEnd(nil)))
	}
	s.flush()
}

// tinyBlock is a block of one frame, as it is.
func tinyBlock(frame []byte) packed {
	bytes := append(make([]byte, headerLen, headerLen+len(frame)), frame...)
	putHeader(bytes, None, len(frame), len(frame))
	return packed{bytes: bytes, raw: len(frame), frames: 1, sum: sumOf(frame)}
}
