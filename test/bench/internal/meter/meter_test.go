package meter

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// What was used between two moments is read off the samples around them.
func TestBetween(t *testing.T) {
	start := time.Now()
	timeAt := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	samples := []sample{
		{timeAt(0), CPU{APIServer: 10}},
		{timeAt(1), CPU{APIServer: 12}},
		{timeAt(3), CPU{APIServer: 20}},
	}
	for _, test := range []struct{ start, end, want float64 }{
		{0, 3, 10}, {0, 1, 2}, {1, 3, 8}, {0.5, 2, 5}, {-5, 9, 10}, {2, 2, 0},
	} {
		got := between(samples, timeAt(test.start), timeAt(test.end)).APIServer
		if diff := got - test.want; diff > 1e-6 || diff < -1e-6 {
			t.Errorf("from %v to %v: %v, want %v", test.start, test.end, got, test.want)
		}
	}
}

func needLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("what processes take is read from /proc")
	}
}

func TestProcess(t *testing.T) {
	needLinux(t)
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
		_ = began
	}
	if seconds, err := processSeconds(os.Getpid()); err != nil || seconds <= 0 {
		t.Errorf("%v s, %v", seconds, err)
	}
	if peak, name := peakMemory(os.Getpid()); peak < 1<<20 || name == "" {
		t.Errorf("%q has had %d bytes", name, peak)
	}
}

// A pipeline's output is that of its last program; its failure is any program's.
func TestRun(t *testing.T) {
	needLinux(t)
	c := &Cluster{apiServer: os.Getpid(), runtime: map[int]float64{}}
	dir := t.TempDir()
	usage, err := c.Run(t.Context(), []*exec.Cmd{
		exec.Command("sh", "-c", "sleep 0.2; head -c 100000 /dev/zero"),
		exec.Command("sh", "-c", `cat >"$0"; sleep 0.1; echo done`, filepath.Join(dir, "file")),
	}, dir)
	if err != nil || string(usage.Stdout) != "done\n" {
		t.Fatalf("%q, %v", usage.Stdout, err)
	}
	if usage.Seconds < 0.3 || usage.FirstByte < 0.2 || usage.FirstByte > usage.Seconds || usage.ClientPeak == 0 {
		t.Errorf("%+v", usage)
	}
	if _, err := c.Run(t.Context(), []*exec.Cmd{exec.Command("false"), exec.Command("cat")}, dir); err == nil {
		t.Error("the first program of two failed, and that was no error")
	}
}
