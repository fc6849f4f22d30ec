//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/jsonpath"
)

// treeCommands make trees of files that are hard to copy, and look at what became
// of them:
//
//	volume NAME CLAIM        put the folder of a claim's volume, which is on this machine
//	                         with a cluster of ours, into $NAME
//	files DIR N              make N small files there, 1000 to a folder
//	tmpfs DIR SIZE           mount a file system of SIZE, until the script's end
//	killed CONDITION PROGRAM ARG...
//	                         start a program, and kill -9 it as soon as the shell finds
//	                         CONDITION true; it must not have ended before
//	json PATH OP VALUE       what was printed is JSON; what the JSONPath finds in it is
//	                         =, <, > or ~ (matched by) VALUE
//	json keys NAME...        it is one object with exactly these keys
//	events NAME...           what was printed on stderr are JSON objects, one a line;
//	                         these events are among them, in this order
//	peak NAME MIB            the program that start started, which has ended, never had
//	                         more memory than that
//	agent-peak MIB           nor had the agents that run in this script's helpers
func (s *suite) treeCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"volume": s.volume, "files": makeFiles, "tmpfs": tmpfs, "killed": killed,
		"json": matchJSON, "events": events, "peak": peak, "agent-peak": s.agentPeak,
	}
}

func (s *suite) volume(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: volume name claim")
	}
	namespace, _ := ts.Value(namespaceKey{}).(string)
	claim, err := s.client.CoreV1().PersistentVolumeClaims(namespace).Get(context.Background(), args[1], metav1.GetOptions{})
	ts.Check(err)
	volume, err := s.client.CoreV1().PersistentVolumes().Get(context.Background(), claim.Spec.VolumeName, metav1.GetOptions{})
	ts.Check(err)
	switch {
	case volume.Spec.Local != nil:
		ts.Setenv(args[0], volume.Spec.Local.Path)
	case volume.Spec.HostPath != nil:
		ts.Setenv(args[0], volume.Spec.HostPath.Path)
	default:
		ts.Fatalf("volume %s is not on this machine", volume.Name)
	}
}

func makeFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: files dir n")
	}
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i := range count {
		folder := filepath.Join(args[0], fmt.Sprintf("run-%04d", i/1000))
		if i%1000 == 0 {
			ts.Check(os.MkdirAll(folder, 0o755))
		}
		ts.Check(os.WriteFile(filepath.Join(folder, fmt.Sprintf("metrics-%07d.json", i)), fmt.Appendln(nil, i), 0o644))
	}
}

func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs dir size")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() { ts.Check(unix.Unmount(dir, unix.MNT_DETACH)) })
}

// killed looks often: what a moment is shall not depend on how often.
func killed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: killed condition program [arg...]")
	}
	start(ts, false, append([]string{"killed"}, args[1:]...))
	p := processes(ts)["killed"]
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		condition := exec.Command("sh", "-c", args[0])
		condition.Dir, condition.Env = ts.MkAbs("."), environ(ts)
		err := condition.Run()
		var no *exec.ExitError
		switch {
		case err == nil:
			ts.Check(p.cmd.Process.Signal(syscall.SIGKILL))
			finish(ts, false, []string{"killed", "-1"})
			return
		case !errors.As(err, &no):
			ts.Fatalf("%s: %v", args[0], err)
		case ended(p) || time.Now().After(deadline):
			ts.Fatalf("it never came to %s\nstderr: %s", args[0], p.stderr.String())
		}
	}
}

func ended(p *process) bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func matchJSON(ts *testscript.TestScript, neg bool, args []string) {
	var document any
	numbers := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	numbers.UseNumber() // as they were written
	if err := numbers.Decode(&document); err != nil {
		ts.Fatalf("not JSON: %v\n%s", err, ts.ReadFile("stdout"))
	}
	if len(args) > 1 && args[0] == "keys" {
		matchKeys(ts, document, args[1:])
		return
	}
	if len(args) != 3 {
		ts.Fatalf("usage: json path op value, or json keys name...")
	}
	path := jsonpath.New("path")
	ts.Check(path.Parse("{." + args[0] + "}"))
	var output bytes.Buffer
	if err := path.Execute(&output, document); err != nil {
		ts.Fatalf("%v\n%s", err, ts.ReadFile("stdout"))
	}
	if holds(ts, output.String(), args[1], args[2]) == neg {
		ts.Fatalf("%s is %q, not %s %s\n%s", args[0], &output, args[1], args[2], ts.ReadFile("stdout"))
	}
}

func holds(ts *testscript.TestScript, actual, op, value string) bool {
	switch op {
	case "=":
		return actual == value
	case "~":
		return regexp.MustCompile(value).MatchString(actual)
	}
	a, err := strconv.ParseFloat(actual, 64)
	ts.Check(err)
	b, err := strconv.ParseFloat(value, 64)
	ts.Check(err)
	switch op {
	case "<":
		return a < b
	case ">":
		return a > b
	}
	ts.Fatalf("%q is none of = < > ~", op)
	return false
}

func matchKeys(ts *testscript.TestScript, document any, want []string) {
	object, _ := document.(map[string]any)
	var got []string
	for key := range object {
		got = append(got, key)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		ts.Fatalf("the keys are %s, not %s", got, want)
	}
}

func events(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: events name...")
	}
	lines := bufio.NewScanner(strings.NewReader(ts.ReadFile("stderr")))
	for lines.Scan() {
		var event struct{ Event string }
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil || event.Event == "" {
			ts.Fatalf("not an event: %q: %v", lines.Text(), err)
		}
		if len(args) > 0 && event.Event == args[0] {
			args = args[1:]
		}
	}
	if len(args) > 0 {
		ts.Fatalf("no event %s in its place", args[0])
	}
}

func peak(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: peak name mib")
	}
	atMost(ts, args[0], processes(ts)[args[0]].peakKiB, args[1])
}

// watchPeak returns the most memory that the process had until ended was closed. The rusage of a process does not tell
// it: a new process shares the memory of the suite until its program starts, and the rusage counts that.
func watchPeak(pid int, ended <-chan struct{}) (kib int64) {
	for {
		kib = max(kib, peakOf(fmt.Sprintf("/proc/%d", pid)))
		select {
		case <-ended:
			return kib
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakOf returns the peak memory of the process in a folder of /proc, 0 if it has ended.
func peakOf(folder string) (kib int64) {
	status, _ := os.ReadFile(filepath.Join(folder, "status"))
	if line := peakLine.FindSubmatch(status); line != nil {
		kib, _ = strconv.ParseInt(string(line[1]), 10, 64)
	}
	return kib
}

func atMost(ts *testscript.TestScript, name string, kib int64, limit string) {
	maximum, err := strconv.ParseInt(limit, 10, 64)
	ts.Check(err)
	ts.Logf("%s: at most %d MiB", name, kib>>10)
	if kib <= 0 || kib > maximum<<10 {
		ts.Fatalf("%s had %d KiB, more than %d MiB", name, kib, maximum)
	}
}

func (s *suite) agentPeak(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: agent-peak mib")
	}
	namespace, _ := ts.Value(namespaceKey{}).(string)
	helpers, err := s.client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=fetch-helper"})
	ts.Check(err)
	if len(helpers.Items) == 0 {
		ts.Fatalf("there is no helper")
	}
	for _, pod := range helpers.Items {
		atMost(ts, "the agent in "+pod.Name, agentPeak(string(pod.UID)), args[0])
	}
}

// agentPeak finds the agent of a pod among this machine's processes, by the
// folder that kubelet mounts for the pod; 0 where there is none.
func agentPeak(uid string) (kib int64) {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		if program, _ := os.Readlink(filepath.Join(folder, "exe")); filepath.Base(program) != "batch-agent" {
			continue
		}
		if mounts, _ := os.ReadFile(filepath.Join(folder, "mountinfo")); !strings.Contains(string(mounts), uid) {
			continue
		}
		kib = max(kib, peakOf(folder))
	}
	return kib
}
