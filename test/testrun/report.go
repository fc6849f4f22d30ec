package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// longTest is the duration from which a test gets its own line.
const longTest = 10 * time.Second

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64 // seconds
}

// key names a test. A package as a whole has no test.
type key struct{ pkg, test string }

func (k key) String() string {
	if k.test == "" {
		return k.pkg
	}
	return k.pkg[strings.LastIndex(k.pkg, "/")+1:] + "." + k.test
}

// report prints events in a readable form.
type report struct {
	mu      sync.Mutex
	out     io.Writer
	name    string
	clock   func() time.Time
	start   time.Time
	printed time.Time

	outputs                 map[key][]string // of tests and packages that have not ended
	passed, skipped, failed int
	failures                []string
}

func newReport(out io.Writer, name string, clock func() time.Time) *report {
	return &report{out: out, name: name, clock: clock, start: clock(), printed: clock(), outputs: map[key][]string{}}
}

// line reports one line of the command.
func (r *report) line(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		r.print(line)
		return
	}
	test := key{e.Package, e.Test}
	switch e.Action {
	case "start", "run":
		r.outputs[test] = nil
	case "build-output":
		r.print(e.Output)
	case "output":
		r.outputs[test] = append(r.outputs[test], e.Output)
	case "pass", "fail", "skip":
		r.result(test, e)
		delete(r.outputs, test)
	}
}

func (r *report) result(test key, e event) {
	switch elapsed := time.Duration(e.Elapsed * float64(time.Second)); {
	case e.Action == "fail":
		r.fail(test)
	case test.test == "" && e.Action == "pass":
		r.print(r.notes(test))
		r.print(fmt.Sprintf("ok    %-70s %6.1fs\n", test, e.Elapsed))
	case test.test == "":
	case e.Action == "skip":
		r.skipped++
	default:
		r.passed++
		if elapsed >= longTest {
			r.print(fmt.Sprintf("pass  %-70s %6.1fs\n", test, e.Elapsed))
		}
	}
}

// fail prints what a test or package has printed. Of a package that is also what tests have printed that did not end.
func (r *report) fail(test key) {
	if test.test != "" {
		r.failed++
		r.failures = append(r.failures, test.String())
		r.print(strings.Join(r.outputs[test], ""))
		return
	}
	for _, open := range slices.SortedFunc(maps.Keys(r.outputs), func(a, b key) int { return strings.Compare(a.test, b.test) }) {
		if open.pkg == test.pkg {
			r.print(strings.Join(r.outputs[open], ""))
			delete(r.outputs, open)
		}
	}
	r.failures = append(r.failures, test.String())
}

// notes returns what a package that passed printed outside of its tests.
func (r *report) notes(test key) string {
	ofGo := func(line string) bool {
		return line == "PASS\n" || strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "testing: warning: ")
	}
	return strings.Join(slices.DeleteFunc(r.outputs[test], ofGo), "")
}

func (r *report) print(text string) {
	if text == "" {
		return
	}
	_, _ = io.WriteString(r.out, text)
	r.printed = r.clock()
}

// beat prints a line of progress when nothing was printed for a while, until done is closed.
func (r *report) beat(done <-chan struct{}, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticks.C:
			r.progress()
		}
	}
}

func (r *report) progress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clock().Sub(r.printed) < quiet {
		return
	}
	line := fmt.Sprintf("%s: %s so far, %d tests passed", r.name, r.elapsed(), r.passed)
	if running := r.running(); len(running) > 0 {
		line += "; running " + strings.Join(running, ", ")
	}
	r.print(line + "\n")
}

// running names up to four running tests without running subtests.
func (r *report) running() []string {
	var names []string
	for test := range r.outputs {
		below := func(candidate key) bool {
			return candidate.pkg == test.pkg && strings.HasPrefix(candidate.test, test.test+"/")
		}
		if test.test != "" && !slices.ContainsFunc(slices.Collect(maps.Keys(r.outputs)), below) {
			names = append(names, test.String())
		}
	}
	slices.Sort(names)
	if len(names) > 4 {
		names = append(names[:4], "...")
	}
	return names
}

func (r *report) elapsed() string { return r.clock().Sub(r.start).Round(time.Second).String() }

// end prints the last line, and returns the exit status: the status of the command, or 1 if only a test failed.
func (r *report) end(status int, hint string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	ran := r.passed + r.skipped + r.failed
	switch {
	case status == 0 && len(r.failures) == 0:
		line := fmt.Sprintf("%s: %d tests ran in %s, %d of them skipped", r.name, ran, r.elapsed(), r.skipped)
		if hint != "" {
			line += "; " + hint
		}
		r.print(line + "\n")
		return 0
	case len(r.failures) > 0:
		r.print(fmt.Sprintf("%s: failed after %s: %s\n", r.name, r.elapsed(), strings.Join(r.failures, ", ")))
	default:
		r.print(fmt.Sprintf("%s: failed after %s with exit status %d\n", r.name, r.elapsed(), status))
	}
	return max(status, 1)
}
