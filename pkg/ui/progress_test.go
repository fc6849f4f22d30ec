package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

const mebi = 1 << 20

// scene shows a transfer of 25 seconds on out, in a time of its own: 3 s of
// waiting, 100 files of 1 MiB at 5 MiB/s, a note and a retry in between.
func scene(t *testing.T, out io.Writer, mode ui.Mode, job string) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		p := ui.NewProgress(out, clock.RealClock{}, mode)
		defer p.Close()
		p.Start(job)
		p.Waiting("pulling the image")
		time.Sleep(3100 * time.Millisecond) // never at the moment of a refresh
		for i := range int64(100) {
			p.Report(ui.At{Files: i, TotalFiles: 100, Bytes: i * mebi, TotalBytes: 100 * mebi, Transport: "tunnel"})
			time.Sleep(200 * time.Millisecond)
			switch i {
			case 50:
				_, _ = fmt.Fprintln(p, "a note")
			case 60:
				p.Retry(1, 2*time.Second, "unexpected EOF")
				time.Sleep(2 * time.Second)
			}
		}
		p.Done(nil)
	})
}

func TestProgressWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	scene(t, &out, ui.Auto, "")
	want := "34 MiB of 100 MiB (34%), 5.0 MiB/s, 13s left, 34 of 100 files, tunnel\n" +
		"a note\nTransfer interrupted: unexpected EOF; retrying in 2s\n" +
		"74 MiB of 100 MiB (74%), 4.0 MiB/s, 6s left, 74 of 100 files, tunnel\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestQuietSaysWordsOnly(t *testing.T) {
	var out bytes.Buffer
	scene(t, &out, ui.Quiet, "")
	if want := "a note\nTransfer interrupted: unexpected EOF; retrying in 2s\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}

// A long wait is reported in lines.
func TestWaitingWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	synctest.Test(t, func(*testing.T) {
		p := ui.NewProgress(&out, clock.RealClock{}, ui.Auto)
		defer p.Close()
		p.Start("train")
		p.Waiting("pulling the image")
		time.Sleep(12 * time.Second)
		p.Waiting("attaching the volume")
		p.Waiting("attaching the volume")
		time.Sleep(9 * time.Second)
		p.Report(ui.At{Files: 1, Bytes: 10})
		p.Done(errors.New("x"))
		time.Sleep(time.Minute)
	})
	if want := "train: pulling the image (10s)\ntrain: attaching the volume (8s)\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}

func TestEvents(t *testing.T) {
	var out bytes.Buffer
	scene(t, &out, ui.Events, "train")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var shown []string
	progress := 0
	for _, line := range lines {
		if !strings.HasPrefix(line, `{"event":"progress"`) {
			shown = append(shown, line)
			continue
		}
		if progress++; progress == 1 || progress == 9 {
			shown = append(shown, line)
		}
	}
	want := []string{
		`{"event":"waiting","job":"train","reason":"pulling the image"}`,
		`{"event":"progress","job":"train","bytes":0,"totalBytes":104857600,"files":0,"totalFiles":100,"bytesPerSecond":0,"transport":"tunnel"}`,
		`{"event":"progress","job":"train","bytes":20971520,"totalBytes":104857600,"files":20,"totalFiles":100,"bytesPerSecond":5242880,"etaSeconds":16,"transport":"tunnel"}`,
		`{"event":"note","message":"a note"}`,
		`{"event":"retry","job":"train","retry":1,"inSeconds":2,"reason":"unexpected EOF"}`,
		`{"event":"done","job":"train","ok":true,"files":99,"bytes":103809024,"transport":"tunnel"}`,
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if progress < 20 || progress > 45 {
		t.Errorf("%d events of progress in 22 seconds", progress)
	}
}

func TestFailIsAnEvent(t *testing.T) {
	for mode, want := range map[ui.Mode]string{
		ui.Events: `{"event":"error","message":"it <broke>"}` + "\n", ui.Auto: "", ui.Quiet: "",
	} {
		var out bytes.Buffer
		p := ui.NewProgress(&out, clock.RealClock{}, mode)
		if printed := p.Fail(errors.New("it <broke>")); printed != (want != "") || out.String() != want {
			t.Errorf("%s: %v, %q; want %q", mode, printed, &out, want)
		}
		p.Close()
		p.Close()
	}
}

// visibleLines returns what a terminal finally shows: a carriage return restarts the line.
func visibleLines(written string) []string {
	var result []string
	for line := range strings.SplitSeq(strings.ReplaceAll(written, "\r\n", "\n"), "\n") {
		var cells []rune
		column := 0
		for _, r := range line {
			if r == '\r' {
				column = 0
				continue
			}
			if column == len(cells) {
				cells = append(cells, ' ')
			}
			cells[column] = r
			column++
		}
		result = append(result, strings.TrimRight(string(cells), " "))
	}
	return result
}

// frames are all that was drawn on the live line, without what cleared it.
func frames(written string) []string {
	var result []string
	for _, part := range strings.FieldsFunc(written, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			result = append(result, part)
		}
	}
	return result
}

// Messages remain complete, and the live line is removed at the end.
func TestLiveLine(t *testing.T) {
	tty, written := terminal(t, 100)
	scene(t, tty, ui.Auto, "")
	text := written()
	want := []string{"a note", "Transfer interrupted: unexpected EOF; retrying in 2s", ""}
	if diff := cmp.Diff(want, visibleLines(text)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	drawn := strings.Join(frames(text), "\n")
	for _, want := range []string{
		"pulling the image\n", "pulling the image (2s)\n",
		"30% |███████                 |  30 MiB of 100 MiB, 5.0 MiB/s, 14s left, 30 of 100 files, tunnel\n",
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("%q was never drawn in:\n%s", want, drawn)
		}
	}
}

// A line that wraps could not be rewritten.
func TestLiveLineIsNeverTooLong(t *testing.T) {
	for _, columns := range []uint16{20, 40, 60, 80} {
		tty, written := terminal(t, columns)
		scene(t, tty, ui.Auto, strings.Repeat("long-", 12)+"name")
		for _, frame := range frames(written()) {
			if !strings.Contains(frame, "interrupted") && len([]rune(frame)) >= int(columns) {
				t.Errorf("%d columns: %q", columns, frame)
			}
		}
	}
}
