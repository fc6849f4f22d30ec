package job

import (
	"bytes"
	"errors"
	"slices"
	"time"
)

// written is what was written of a log, so that it can be read again without lines
// that are lost or repeated. The kubelet gives lines from a second on, in the order of
// its file, each with its time before it. Two streams of a container can be written
// in another order than that of their times, so that a time alone does not say
// whether a line was read.
type written struct {
	// times of the lines that were begun, in their order, as nanoseconds; old ones
	// are left out, see since.
	times  []int64
	newest int64
	// forgotten is the newest of the times that are not held because there are too many.
	forgotten int64
	// length is what was written of the text of the last one; open says that its end
	// has not come.
	length int64
	open   bool
	// bytes counts all text that was written.
	bytes int64
	// note is what the kubelet said last in place of lines.
	note string
}

const (
	// margin is how far lines can be apart in time from their place in the order.
	margin = time.Second
	// mostTimes is how many are held.
	mostTimes = 1 << 18
)

// since returns from when on the log must be read again; zero for all of it.
func (w *written) since() time.Time {
	if len(w.times) == 0 {
		return time.Time{}
	}
	newest := w.newest
	if w.open {
		newest = min(newest, w.times[len(w.times)-1])
	}
	return time.Unix(0, newest).Truncate(time.Second).Add(-margin)
}

// begin records a line.
func (w *written) begin(stamp int64) {
	if second := int64(time.Second); stamp/second > w.newest/second || len(w.times) >= mostTimes {
		w.forget()
	}
	w.times = append(w.times, stamp)
	w.newest, w.length, w.open = max(w.newest, stamp), 0, true
}

// forget leaves out the times of lines that are not given again.
func (w *written) forget() {
	oldest := w.newest - int64(2*time.Second+margin)
	first := slices.IndexFunc(w.times, func(stamp int64) bool { return stamp >= oldest })
	if first < 0 {
		first = len(w.times)
	}
	if len(w.times)-first >= mostTimes {
		first = len(w.times) - mostTimes/2
		for first < len(w.times) && w.times[first] == w.times[first-1] {
			first++ // lines of one time are held or forgotten together
		}
		w.forgotten = max(w.forgotten, slices.Max(w.times[:first]))
	}
	w.times = append(w.times[:0], w.times[first:]...)
}

// reader returns what takes the parts of a log that is read from since on, and hands
// on what was not written before, without times.
func (w *written) reader(write func(text []byte, start, end bool) error) *reader {
	return &reader{written: w, write: write, resumed: len(w.times) > 0, known: slices.Clone(w.times)}
}

// reader is one reading of a log.
type reader struct {
	written *written
	write   func(text []byte, start, end bool) error
	// resumed means that lines come which were written before: known are their times.
	resumed bool
	known   []int64
	// same means that the log must begin with a line that was written before, see errOtherLog.
	same bool
	// skipped is how much of the present line is to be left out; all of it where it is negative.
	skipped int64
	// begun means that a line with a time has come.
	begun bool
	// noted means that the present line is not the container's.
	noted bool
	// continued means that the present line was begun by another reading.
	continued bool
}

// errOtherLog reports a log that is not the one that was read before: all of its lines are newer, although it was asked
// for with the last ones. The container was restarted, or the node has begun another file.
var errOtherLog = errors.New("the log of another attempt")

// mostAhead is how far a line with a forgotten time is looked for among those that are known.
const mostAhead = 1000

// everything has all of a line be skipped.
const everything = -1

func (r *reader) take(text []byte, start, end bool) error {
	if !start {
		return r.takeText(text, start, end)
	}
	stamp, rest, err := cutTime(text)
	switch {
	case err == nil && r.isOther(stamp):
		return errOtherLog
	case err == nil:
		r.beginLine(stamp)
		return r.takeText(rest, start, end)
	case r.resumed && !r.begun, isCutTime(text, end):
		// The end of a line that began before, or a time that was cut off.
		r.skipped = everything
		return nil
	}
	return r.takeNote(text, end)
}

// isOther reports whether the line with that time, the first one of this reading, shows that it is errOtherLog.
func (r *reader) isOther(stamp int64) bool {
	return r.same && r.resumed && !r.begun && stamp > r.written.newest
}

// isCutTime reports whether text can be the beginning of a time.
func isCutTime(text []byte, end bool) bool {
	return !end && len(text) > 0 && text[0] >= '0' && text[0] <= '9'
}

// takeNote writes what the kubelet says in place of lines, once.
func (r *reader) takeNote(text []byte, end bool) error {
	r.noted, r.skipped = true, 0
	if r.written.note == string(text) {
		r.skipped = everything
		return nil
	}
	r.written.note = string(text)
	return r.write(text, true, end)
}

// beginLine decides what of a line was written before.
func (r *reader) beginLine(stamp int64) {
	r.begun, r.noted, r.continued, r.skipped = true, false, false, 0
	w := r.written
	if !r.resumed {
		w.begin(stamp)
		return
	}
	if stamp <= w.forgotten && !slices.Contains(r.known[:min(len(r.known), mostAhead)], stamp) {
		r.skipped = everything
		return
	}
	if i := slices.Index(r.known, stamp); i >= 0 {
		r.known = r.known[i+1:]
		r.skipped = everything
		if len(r.known) == 0 {
			r.resumed = false
			if w.open {
				r.skipped, r.continued = w.length, true
			}
		}
		return
	}
	r.resumed = false
	w.begin(stamp)
}

func (r *reader) takeText(text []byte, start, end bool) error {
	if r.skipped == everything {
		return nil
	}
	if r.noted {
		return r.write(text, start, end)
	}
	if r.skipped > 0 {
		left := min(r.skipped, int64(len(text)))
		r.skipped -= left
		text = text[left:]
	}
	if len(text) == 0 {
		return nil
	}
	w := r.written
	first := start && !r.continued
	w.open = !end
	w.length += int64(len(text))
	w.bytes += int64(len(text))
	return r.write(text, first, end)
}

var errNoStamp = errors.New("a line without a time")

// cutTime takes the time off a line.
func cutTime(line []byte) (stamp int64, text []byte, err error) {
	word, text, found := bytes.Cut(line, []byte(" "))
	if !found {
		return 0, nil, errNoStamp
	}
	when, err := time.Parse(time.RFC3339Nano, string(word))
	if err != nil {
		return 0, nil, err
	}
	return when.UnixNano(), text, nil
}
