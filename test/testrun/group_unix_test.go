//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain has this program be testrun where a test starts it as that.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-as-testrun" {
		os.Exit(run("tests", "", os.Args[2:]))
	}
	os.Exit(m.Run())
}

// TestSIGTERMEndsTheTests: also what the command started, and the report is still printed.
func TestSIGTERMEndsTheTests(t *testing.T) {
	began := time.Now()
	cmd := exec.Command(os.Args[0], "-as-testrun", "sh", "-c", "sleep 60 & echo started; wait")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, nested+"=") })
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("no line of output")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	reported := ""
	for lines.Scan() { // ends when the last process that has the pipe has ended
		reported = lines.Text()
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it succeeded")
	}
	if reported == "" {
		t.Error("no report after SIGTERM")
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the child of the command ran on until %s", took)
	}
}
