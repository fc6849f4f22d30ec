package job

import (
	"bytes"
	"errors"
	"slices"
	"time"
)

// written records which lines of a log were written, so that the log can be read again without losing or
// repeating lines. The kubelet returns lines from a given second on, in the order of
// its file, each with its time. Two streams of a container can be written
// in another order than that of their times, so that a time alone does not determine
// whether a line was read.
type written struct {
	// times are the times of the lines, in their order, in nanoseconds. Old ones
	// are omitted, see since.
	times  []int64
	newest int64
	// forgotten is the newest of the times that were omitted because there are too many.
	forgotten int64
	// length is how much of the last line was written; open means that the line is not
	// complete.
	length int64
	open   bool
	// bytes counts all text that was written.
	bytes int64
	// note is the last message of the kubelet in place of lines.
	note string
}

const (
	// reorderLimit is the largest difference between the times of lines that are out of order.
	reorderLimit = time.Second
	// maxTimes is how many times are held.
	maxTimes = 1 << 18
)

// since returns the time from which the log must be read again; zero for the whole log.
func (w *written) since() time.Time {
	if len(w.times) == 0 {
		return time.Time{}
	}
	newest := w.newest
	if w.open {
		newest = min(newest, w.times[len(w.times)-1])
	}
	return time.Unix(0, newest).Truncate(time.Second).Add(-reorderLimit)
}

// addLine records a line.
func (w *written) addLine(stamp int64) {
	if second := int64(time.Second); stamp/second > w.newest/second || len(w.times) >= maxTimes {
		w.forget()
	}
	w.times = append(w.times, stamp)
	w.newest = max(w.newest, stamp)
	w.length, w.open = 0, true
}

// forget omits the times of lines that will not be read again.
func (w *written) forget() {
	oldest := w.newest - int64(2*time.Second+reorderLimit)
	start := slices.IndexFunc(w.times, func(stamp int64) bool { return stamp >= oldest })
	if start < 0 {
		start = len(w.times)
	}
	if len(w.times)-start >= maxTimes {
		start = len(w.times) - maxTimes/2
		for start < len(w.times) && w.times[start] == w.times[start-1] {
			start++ // lines with the same time are held or omitted together
		}
		w.forgotten = max(w.forgotten, slices.Max(w.times[:start]))
	}
	w.times = append(w.times[:0], w.times[start:]...)
}

// reader returns a reader for a log that is read from since on. It passes the lines that were not
// written before to write, without times.
func (w *written) reader(write func(text []byte, start, end bool) error) *reader {
	return &reader{written: w, write: write, resumed: len(w.times) > 0, knownTimes: slices.Clone(w.times)}
}

// reader processes one response with lines of a log.
type reader struct {
	written *written
	write   func(text []byte, start, end bool) error
	// resumed means that the response may repeat lines: knownTimes are their times.
	resumed    bool
	knownTimes []int64
	// mustContinue means that the response must begin with a line that was written before, see errOtherLog.
	mustContinue bool
	// skipped is how much of the current line is skipped; the whole line if it is negative.
	skipped int64
	// hasLines means that a line with a time was read.
	hasLines bool
	// noted means that the current line is a message of the kubelet.
	noted bool
	// continued means that an earlier response contained the beginning of the current line.
	continued bool
}

// errOtherLog means that a log is not the one that was read before: all of its lines are newer, although the last
// written lines were requested, too. The container was restarted, or the node has started another file.
var errOtherLog = errors.New("the log of another attempt")

// maxAhead is how far a line with an omitted time is searched among the known times.
const maxAhead = 1000

// wholeLine skips a whole line.
const wholeLine = -1

func (r *reader) consume(text []byte, start, end bool) error {
	if !start {
		return r.writeText(text, start, end)
	}
	stamp, rest, err := cutTime(text)
	switch {
	case err == nil && r.isOther(stamp):
		return errOtherLog
	case err == nil:
		r.beginLine(stamp)
		return r.writeText(rest, start, end)
	case r.resumed && !r.hasLines, isCutTime(text, end):
		// The end of a line that was not requested, or an incomplete time.
		r.skipped = wholeLine
		return nil
	}
	return r.writeNote(text, end)
}

// isOther reports whether the first line of this response, with that time, shows that it is errOtherLog.
func (r *reader) isOther(stamp int64) bool {
	return r.mustContinue && r.resumed && !r.hasLines && stamp > r.written.newest
}

// isCutTime reports whether text can be an incomplete time.
func isCutTime(text []byte, end bool) bool {
	return !end && len(text) > 0 && text[0] >= '0' && text[0] <= '9'
}

// writeNote writes a message of the kubelet, once.
func (r *reader) writeNote(text []byte, end bool) error {
	r.noted, r.skipped = true, 0
	if r.written.note == string(text) {
		r.skipped = wholeLine
		return nil
	}
	r.written.note = string(text)
	return r.write(text, true, end)
}

// beginLine decides which part of a line was written before.
func (r *reader) beginLine(stamp int64) {
	first := !r.hasLines
	r.hasLines, r.noted = true, false
	r.continued, r.skipped = false, 0
	w := r.written
	if !r.resumed {
		w.addLine(stamp)
		return
	}
	if stamp <= w.forgotten && !slices.Contains(r.knownTimes[:min(len(r.knownTimes), maxAhead)], stamp) {
		r.skipped = wholeLine
		return
	}
	if i := slices.Index(r.knownTimes, stamp); i >= 0 {
		r.knownTimes = r.knownTimes[i+1:]
		r.skipped = wholeLine
		if len(r.knownTimes) == 0 {
			r.resumed = false
			if w.open {
				r.skipped, r.continued = w.length, true
			}
		}
		return
	}
	if first && stamp < w.newest {
		// The rest of a line that was written: the beginning is in a file that the node does not serve any more.
		r.skipped = wholeLine
		return
	}
	r.resumed = false
	w.addLine(stamp)
}

func (r *reader) writeText(text []byte, start, end bool) error {
	if r.skipped == wholeLine {
		return nil
	}
	if r.noted {
		return r.write(text, start, end)
	}
	if r.skipped > 0 {
		skip := min(r.skipped, int64(len(text)))
		r.skipped -= skip
		text = text[skip:]
	}
	if len(text) == 0 {
		return nil
	}
	w := r.written
	isStart := start && !r.continued
	w.open = !end
	w.length += int64(len(text))
	w.bytes += int64(len(text))
	return r.write(text, isStart, end)
}

var errNoStamp = errors.New("a line without a time")

// cutTime separates the time of a line from its text.
func cutTime(line []byte) (stamp int64, text []byte, err error) {
	word, text, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return 0, nil, errNoStamp
	}
	when, err := time.Parse(time.RFC3339Nano, string(word))
	if err != nil {
		return 0, nil, err
	}
	return when.UnixNano(), text, nil
}
