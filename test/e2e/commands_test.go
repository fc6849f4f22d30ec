//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/test/fakejobs"
)

// commands are what scripts can do beyond testscript's own:
//
//	admin ARG...              kubectl with all rights, in the script's namespace
//	status N PROGRAM ARG...   run it; it must end with exit status N
//	eventually TIME PROGRAM ARG...  run it again and again until it succeeds
//	start NAME PROGRAM ARG... run it in the background
//	signal NAME INT|KILL|STOP|CONT  send it a signal
//	finish NAME N             wait for its end; its output can be matched then
//	fakejobs PREFIX N [pods]  make N finished jobs that never ran, with the label app=PREFIX
//	expand FILE...            put the values of $IMAGE, $NS, $WORK and $HOLD into files
//	k9s ACTION NAME           an action of plugins.yaml on an object, as k9s starts it
//	page FILE                 type what a page of the project says into a shell, and compare what is printed
//	examples PAGE SETUP       the examples of a page of the reference, each paragraph after a script
//	policy [without SID]      allow the guest of the S3 store what docs/s3.md says, but for that statement
//
// $HOLD is a program for `sh -c` that runs in a container until its pod is deleted or its job is cancelled, and ends at
// once then.
func (s *suite) commands() map[string]func(*testscript.TestScript, bool, []string) {
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"admin": s.adminCommand, "status": status, "eventually": eventually,
		"start": start, "signal": signal, "finish": finish, "expand": expand, "policy": policy, "k9s": asK9s, "page": page, "examples": examples, "fakejobs": s.fakeJobs,
	}
	maps.Copy(commands, s.faultCommands())
	maps.Copy(commands, s.treeCommands())
	maps.Copy(commands, tabCommands())
	return commands
}

func (s *suite) adminCommand(ts *testscript.TestScript, neg bool, args []string) {
	namespace, ok := ts.Value(namespaceKey{}).(string)
	if !ok {
		ts.Fatalf("no namespace")
	}
	err := ts.Exec("kubectl", append([]string{"--kubeconfig", s.admin, "-n", namespace}, args...)...)
	if (err != nil) != neg {
		ts.Fatalf("admin %s: %v", strings.Join(args, " "), err)
	}
}

func (s *suite) fakeJobs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fakejobs prefix n [pods]")
	}
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	namespace, _ := ts.Value(namespaceKey{}).(string)
	config := rest.CopyConfig(s.config)
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	ts.Check(err)
	ts.Check(fakejobs.Make(context.Background(), client, fakejobs.Spec{Namespace: namespace, Prefix: args[0], Count: count, Pods: len(args) > 2, Ago: time.Hour}))
}

func expand(ts *testscript.TestScript, _ bool, args []string) {
	values := strings.NewReplacer("$IMAGE", ts.Getenv("IMAGE"), "$NS", ts.Getenv("NS"), "$WORK", ts.Getenv("WORK"), "$HOLD", hold)
	for _, name := range args {
		text := values.Replace(ts.ReadFile(name))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [arg...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: eventually time program [arg...]")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	// The pauses grow: each try is a process or two, and other scripts need the CPU as well.
	pause, deadline := 200*time.Millisecond, time.Now().Add(limit)
	for {
		err := ts.Exec(args[1], args[2:]...)
		if (err == nil) != neg {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within %s: %v", limit, err)
		}
		time.Sleep(pause)
		pause = min(pause*5/4, time.Second)
	}
}

// process is a program that start started.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	done           chan struct{}
	peakKiB        int64 // read once done is closed
}

type processesKey struct{}

func processes(ts *testscript.TestScript) map[string]*process {
	return ts.Value(processesKey{}).(map[string]*process)
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start name program [arg...]")
	}
	p := &process{done: make(chan struct{})}
	p.cmd = exec.Command(lookPath(ts, args[1]), args[2:]...)
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Stdout = &p.stdout
	p.cmd.Stderr = &p.stderr
	p.cmd.Env = environ(ts)
	ts.Check(p.cmd.Start())
	go p.wait()
	processes(ts)[args[0]] = p
	ts.Defer(func() { _ = p.cmd.Process.Kill() })
}

// wait waits for the process, whose status finish reads, and records its peak memory.
func (p *process) wait() {
	ended := make(chan struct{})
	measured := make(chan int64)
	go func() { measured <- watchPeak(p.cmd.Process.Pid, ended) }()
	_ = p.cmd.Wait()
	close(ended)
	p.peakKiB = <-measured
	close(p.done)
}

func lookPath(ts *testscript.TestScript, program string) string {
	if !strings.Contains(program, "/") {
		for dir := range strings.SplitSeq(ts.Getenv("PATH"), ":") {
			if path, err := exec.LookPath(dir + "/" + program); err == nil {
				return path
			}
		}
	}
	return program
}

func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "KUBECONFIG", "XDG_CACHE_HOME", "KUBECTL_BATCH_HELPER_IMAGE", "NS", "IMAGE", "HOLD", "WORK", "BUCKET", "BUCKET_DATA",
		"AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
	} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func signal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT}
	if neg || len(args) != 2 || signals[args[1]] == 0 {
		ts.Fatalf("usage: signal name INT|KILL|STOP|CONT")
	}
	ts.Check(processes(ts)[args[0]].cmd.Process.Signal(signals[args[1]]))
}

func finish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: finish name status")
	}
	p := processes(ts)[args[0]]
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s has not ended\nstdout: %s\nstderr: %s", args[0], p.stdout.String(), p.stderr.String())
	}
	ts.Logf("%s\nstdout: %s\nstderr: %s", args[0], p.stdout.String(), p.stderr.String())
	_, err := ts.Stdout().Write(p.stdout.Bytes())
	ts.Check(err)
	_, err = ts.Stderr().Write(p.stderr.Bytes())
	ts.Check(err)
	if got := strconv.Itoa(p.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("%s ended with status %s, want %s", args[0], got, args[1])
	}
}
