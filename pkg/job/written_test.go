package job

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// kubelet has the log of a container as it gives it: each line with its time.
type kubelet struct {
	lines []string
	times []time.Time
}

func (k *kubelet) add(when time.Time, text string) {
	k.lines, k.times = append(k.lines, text), append(k.times, when)
}

// since returns the lines of a log from a time on, without the rest of a line that began before.
func (k *kubelet) since(when time.Time) []byte {
	var log bytes.Buffer
	for i, line := range k.lines {
		if !k.times[i].Before(when) {
			fmt.Fprintf(&log, "%s %s", k.times[i].Format(time.RFC3339Nano), line)
		}
	}
	return log.Bytes()
}

// text is the log without times.
func (k *kubelet) text() string { return strings.Join(k.lines, "") }

// A log that is cut anywhere, again and again, is written without lost or repeated bytes.
func TestBrokenLogIsResumed(t *testing.T) {
	start := time.Date(2026, 3, 4, 12, 0, 0, 999_000_000, time.UTC)
	logs := map[string]func(*kubelet){
		"short lines": func(k *kubelet) {
			for i := range 300 {
				k.add(start.Add(time.Duration(i)*17*time.Millisecond), fmt.Sprintf("line %d\n", i))
			}
		},
		"lines of one time, and empty ones": func(k *kubelet) {
			for i := range 60 {
				k.add(start.Add(time.Duration(i/20)*time.Second), strings.Repeat("\n", i%2)+strings.Repeat("same\n", 1-i%2))
			}
		},
		"two streams whose times are not in order": func(k *kubelet) {
			for i := range 200 {
				k.add(start.Add(time.Duration(i)*time.Millisecond-time.Duration(i%3)*5*time.Millisecond), fmt.Sprintf("line %d\n", i))
			}
		},
		"a line of many parts, without an end": func(k *kubelet) {
			k.add(start, "first\n")
			k.add(start.Add(time.Second), strings.Repeat("0123456789abcdef", 20<<10))
		},
		"long lines": func(k *kubelet) {
			for i := range 9 {
				k.add(start.Add(time.Duration(i)*time.Second), strings.Repeat(string(rune('a'+i)), maxPart+i)+"\n")
			}
		},
	}
	for name, fill := range logs {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(8) {
				random := rand.New(rand.NewPCG(seed, 1))
				k := &kubelet{}
				fill(k)
				var out bytes.Buffer
				l := &logStream{out: &lineWriter{out: &out}}
				for range 40 {
					log := k.since(l.written.since().Truncate(time.Second))
					l.feed(t, io.LimitReader(bytes.NewReader(log), random.Int64N(int64(len(log)+1))))
				}
				l.feed(t, bytes.NewReader(k.since(l.written.since().Truncate(time.Second))))
				if out.String() != k.text() {
					t.Fatalf("seed %d: %d bytes were written of %d, or others", seed, out.Len(), len(k.text()))
				}
			}
		})
	}
}

// More lines in a second than their times are kept for: none is written twice, and none is lost.
func TestManyLinesInOneSecond(t *testing.T) {
	count := 1_800_000
	if testing.Short() {
		count = 2 * maxTimes
	}
	start := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	for i := range count {
		stamp := start.Add(time.Duration(i) * 500 * time.Nanosecond)
		log.WriteString(stamp.Format(time.RFC3339Nano) + " x\n")
	}
	lines := 0
	l := &logStream{}
	feed := func(answer io.Reader) {
		if err := eachPart(answer, l.written.reader(func([]byte, bool, bool) error { lines++; return nil }).consume); err != nil {
			t.Fatal(err)
		}
	}
	feed(bytes.NewReader(log.Bytes()[:log.Len()*9/10]))
	feed(bytes.NewReader(log.Bytes()))
	if lines < count || lines > count+1 { // the line that was cut comes in two parts
		t.Errorf("%d lines were written of %d", lines, count)
	}
	if held := cap(l.written.times); held > 2*maxTimes {
		t.Errorf("room for %d times is held", held)
	}
}

// feed reads one answer of a kubelet.
func (l *logStream) feed(t *testing.T, answer io.Reader) {
	t.Helper()
	r := l.written.reader(func(text []byte, start, end bool) error { return l.out.write(l, text, start, end) })
	if err := eachPart(answer, r.consume); err != nil {
		t.Fatal(err)
	}
}

// A message of the kubelet in place of a log is written once, even if it is repeated.
func TestNoteOfKubeletIsWrittenOnce(t *testing.T) {
	var out bytes.Buffer
	l := &logStream{out: &lineWriter{out: &out}}
	for range 7 {
		l.feed(t, strings.NewReader("unable to retrieve container logs for containerd://1"))
	}
	if got, want := out.String(), "unable to retrieve container logs for containerd://1"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
}

// A line without an end is handed on in parts of bounded length.
func TestLongLineComesInParts(t *testing.T) {
	longest, total := 0, 0
	err := eachPart(io.LimitReader(endless{}, 5<<20), func(text []byte, _, _ bool) error {
		longest, total = max(longest, len(text)), total+len(text)
		return nil
	})
	if err != nil || longest > maxPart || total != 5<<20 {
		t.Errorf("parts of up to %d bytes, %d together, %v; want up to %d, %d, none", longest, total, err, maxPart, 5<<20)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '.'
	}
	return len(p), nil
}

// Lines of several streams are not mixed, even if one is not complete.
func TestInterruptedLineIsContinued(t *testing.T) {
	var out bytes.Buffer
	w := &lineWriter{out: &out}
	a, b := &logStream{prefix: "[a] ", out: w}, &logStream{prefix: "[b] ", out: w}
	err := errors.Join(w.write(a, []byte("one "), true, false), w.write(a, []byte("two "), false, false),
		w.write(b, []byte("other\n"), true, true), w.write(a, []byte("three"), false, false), w.close(a))
	if want := "[a] one two \n[b] other\n[a] three\n"; err != nil || out.String() != want {
		t.Errorf("%q, %v; want %q", out.String(), err, want)
	}
}

// The node serves only the newest file of a log, which can begin in the middle of a line: with the time of its rest, which
// no earlier response contained. Neither the rest nor the lines after it are written again.
func TestFileThatBeginsInALine(t *testing.T) {
	start := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	line := func(after time.Duration, text string) string {
		return start.Add(after).Format(time.RFC3339Nano) + " " + text + "\n"
	}
	long := strings.Repeat("#", 3*maxPart)
	before := line(0, long) + line(2*time.Second, "end")
	for name, test := range map[string]struct{ file, want string }{
		"with its end":         {line(1999*time.Millisecond, "") + line(2*time.Second, "end"), ""},
		"with much of it":      {line(1500*time.Millisecond, long) + line(2*time.Second, "end"), ""},
		"and has a new line":   {line(1999*time.Millisecond, "") + line(2*time.Second, "end") + line(3*time.Second, "more"), "more\n"},
		"with a new line":      {line(3*time.Second, "more"), "more\n"},
		"with a known line":    {line(2*time.Second, "end") + line(3*time.Second, "more"), "more\n"},
		"with several of them": {line(2*time.Second, "end") + line(1900*time.Millisecond, "of the other stream") + line(3*time.Second, "more"), "of the other stream\nmore\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			l := &logStream{out: &lineWriter{out: &out}}
			l.feed(t, strings.NewReader(before))
			l.feed(t, strings.NewReader(test.file))
			if want := long + "\nend\n" + test.want; out.String() != want {
				t.Errorf("%d bytes, the last %q; want %d", out.Len(), out.String()[max(0, out.Len()-40):], len(want))
			}
		})
	}
}
