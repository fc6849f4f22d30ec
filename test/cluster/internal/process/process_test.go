package process

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	line := "42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 4096 1"
	got, err := parseStat([]byte(line))
	if want := (processStat{start: 987654, state: 'S', threads: 1}); err != nil || got != want {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
	if _, err := parseStat([]byte("42 (a) S 1")); err == nil {
		t.Error("a short line was accepted")
	}
}

func newTable(t *testing.T) Table {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	dir := t.TempDir()
	return Table{Dir: filepath.Join(dir, "processes"), Logs: filepath.Join(dir, "log")}
}

func TestEnsureKeepsAndReplaces(t *testing.T) {
	table := newTable(t)
	t.Cleanup(func() { table.Stop(time.Second, "sleeper") })
	file := filepath.Join(t.TempDir(), "config")
	spec := Spec{Name: "sleeper", Files: []string{file}}
	pids := map[int]bool{}
	for _, step := range []struct {
		args    []string
		config  string
		started bool
	}{
		{[]string{"sleep", "1000"}, "a", true},
		{[]string{"sleep", "1000"}, "a", false},
		{[]string{"sleep", "1001"}, "a", true},
		{[]string{"sleep", "1001"}, "b", true},
		{[]string{"sleep", "1001"}, "b", false},
	} {
		spec.Args = step.args
		if err := os.WriteFile(file, []byte(step.config), 0o600); err != nil {
			t.Fatal(err)
		}
		started, err := table.Ensure(spec)
		if err != nil || started != step.started {
			t.Fatalf("Ensure(%v) = %v, %v; want %v", step.args, started, err, step.started)
		}
		r, alive := table.Get("sleeper")
		if !alive {
			t.Fatalf("%v does not run", step.args)
		}
		pids[r.PID] = true
	}
	if len(pids) != 3 {
		t.Errorf("%d processes were started, want 3", len(pids))
	}
}

// A process that has the recorded id, but is not the recorded process, must
// survive whatever is done to the record.
func TestStopSparesStrangers(t *testing.T) {
	for name, change := range map[string]func(*Record){
		"other start": func(r *Record) { r.Start-- },
		"other boot":  func(r *Record) { r.Boot = "another" },
	} {
		t.Run(name, func(t *testing.T) {
			table := newTable(t)
			stranger := exec.Command("sleep", "1000")
			if err := stranger.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
			r, err := newRecord(stranger.Process.Pid, "")
			if err != nil {
				t.Fatal(err)
			}
			change(&r)
			if err := os.MkdirAll(table.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := table.save("stale", r); err != nil {
				t.Fatal(err)
			}
			table.Stop(100*time.Millisecond, "stale")
			if status, err := stat(stranger.Process.Pid); err != nil || status.ended() {
				t.Errorf("the stranger was ended (%+v, %v)", status, err)
			}
			if names, _ := table.Names(); len(names) != 0 {
				t.Errorf("the stale record is still there: %v", names)
			}
		})
	}
}

func TestStopKillsTheStubborn(t *testing.T) {
	table := newTable(t)
	spec := Spec{Name: "stubborn", Args: []string{"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"}}
	if _, err := table.Ensure(spec); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	table.Stop(200*time.Millisecond, "stubborn")
	if _, alive := table.Get("stubborn"); alive {
		t.Error("it still runs")
	}
}

// Not before the last thread of a killed process has ended are its ports free.
func TestProcessLivesAsLongAsItsThreads(t *testing.T) {
	for _, test := range []struct {
		status processStat
		ended  bool
	}{
		{processStat{state: 'S', threads: 1}, false},
		{processStat{state: 'Z', threads: 2}, false},
		{processStat{state: 'Z', threads: 1}, true},
		{processStat{state: 'X', threads: 1}, true},
	} {
		if got := test.status.ended(); got != test.ended {
			t.Errorf("%+v: ended is %v", test.status, got)
		}
	}
	newTable(t)
	program := exec.Command("/proc/self/exe", "-test.run=^$")
	program.Env = append(os.Environ(), "END_FIRST_THREAD=1")
	stdin, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close(); _ = program.Process.Kill(); _ = program.Wait() }()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		status, err := stat(program.Process.Pid)
		if err != nil || status.ended() {
			t.Fatalf("the process counts as ended: %+v, %v", status, err)
		}
		if status.state == 'Z' {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("its first thread did not end: %+v", status)
		}
	}
}

// A goroutine stays on the first thread only if init locks it there.
func init() { runtime.LockOSThread() } //nolint:gochecknoinits // see above

// TestMain lets the test above start this program as one whose first thread ends while others live on.
func TestMain(m *testing.M) {
	if os.Getenv("END_FIRST_THREAD") != "" {
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
		_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
	}
	os.Exit(m.Run())
}

func TestLogTail(t *testing.T) {
	table := newTable(t)
	spec := Spec{Name: "talker", Args: []string{"sh", "-c", "seq 10 >&2"}}
	if _, err := table.Ensure(spec); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, alive := table.Get("talker"); !alive {
			break
		}
	}
	if got := table.LogTail("talker"); got != "6\n7\n8\n9\n10" {
		t.Errorf("got %q", got)
	}
}

func TestBaseEnv(t *testing.T) {
	env := []string{"PATH=/bin", "https_proxy=http://p", "KUBECONFIG=/k", "ETCD_NAME=x", "odd"}
	if got := strings.Join(baseEnv(env), " "); got != "PATH=/bin odd" {
		t.Errorf("got %q", got)
	}
}
