//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-batch/kubectl-batch/test/docs"
)

// page types what a page says is typed, into one bash, and compares what comes out with what
// the page shows. With BATCH_UPDATE_DOCS=1 the page is given what came out.
func page(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: page file")
	}
	file := filepath.Join("../..", args[0])
	blocks, err := docs.Read(file)
	ts.Check(err)
	shell := newShell(ts)
	defer shell.close()
	var prints []docs.Print
	for _, block := range blocks {
		switch {
		case block.Needs != "":
		case block.File != "":
			ts.Check(os.WriteFile(ts.MkAbs(block.File), []byte(block.Text), 0o755))
		case block.Language == "console":
			prints = append(prints, shell.block(args[0], block)...)
		}
	}
	if os.Getenv("BATCH_UPDATE_DOCS") != "" {
		ts.Check(docs.Update(file, prints))
	}
}

// examples runs the examples of a page of the reference, a paragraph of them after each
// other, each after a script that puts things where the example expects them.
func examples(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: examples page setup")
	}
	blocks, err := docs.Read(filepath.Join("../../docs/reference", args[0]+".md"))
	ts.Check(err)
	for _, block := range blocks {
		for paragraph := range strings.SplitSeq(block.Text, "\n\n") {
			shell := newShell(ts)
			_, title, _ := strings.Cut(paragraph, "# ")
			shell.run(args[0], "set -e; . "+args[1]+"\nset +e\n", "")
			for line := range strings.Lines(paragraph) {
				if !strings.HasPrefix(line, "#") {
					line = strings.TrimSpace(strings.ReplaceAll(line, "s3://team-bucket", "s3://$BUCKET"))
					shell.run(args[0]+": "+strings.TrimSpace(strings.Split(title, "\n")[0]), line+"\n", "")
				}
			}
			shell.close()
		}
	}
}

// shell is a bash that is typed into.
type shell struct {
	ts     *testscript.TestScript
	input  io.WriteCloser
	output *bufio.Reader
	cmd    *exec.Cmd
	timer  *time.Timer
}

// end is what the shell prints behind each command, with its status.
const end = "--- end of command, status "

func newShell(ts *testscript.TestScript) *shell {
	cmd := exec.Command("bash", "--noprofile", "--norc")
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(environ(ts), "EXAMPLE_IMAGE="+ts.Getenv("EXAMPLE_IMAGE"))
	input, err := cmd.StdinPipe()
	ts.Check(err)
	output, err := cmd.StdoutPipe()
	ts.Check(err)
	cmd.Stderr = cmd.Stdout
	ts.Check(cmd.Start())
	return &shell{ts: ts, input: input, output: bufio.NewReader(output), cmd: cmd, timer: time.AfterFunc(10*time.Minute, func() { _ = cmd.Process.Kill() })}
}

func (s *shell) close() {
	s.timer.Stop()
	_ = s.input.Close()
	_ = s.cmd.Wait()
}

// block runs the commands of a block. One that fails is followed by a look at its status.
func (s *shell) block(page string, block docs.Block) (prints []docs.Print) {
	commands := block.Commands()
	lastStatus := "0"
	for i, command := range commands {
		position := fmt.Sprintf("%s:%d", page, command.Line)
		got, status := s.typed(position, strings.ReplaceAll(command.Input, "-n lab", "-n "+s.ts.Getenv("NS")), lastStatus)
		if status != "0" && (i+1 == len(commands) || commands[i+1].Input != "echo $?\n") {
			s.ts.Fatalf("%s: %sended with status %s:\n%s", position, command.Input, status, got)
		}
		got = s.asOnPage(got)
		prints, lastStatus = append(prints, docs.Print{Command: command, Got: got}), status
		if !docs.Same(command.Output, got) && os.Getenv("BATCH_UPDATE_DOCS") == "" {
			s.ts.Fatalf("%s: %sprinted\n%s\nand not\n%s", position, command.Input, got, command.Output)
		}
	}
	return prints
}

// asOnPage is what was printed with the names that pages have for namespace and user.
func (s *shell) asOnPage(got string) string {
	namespace := s.ts.Getenv("NS")
	return strings.NewReplacer("system:serviceaccount:"+namespace+":user", "you", namespace, "lab").Replace(got)
}

// run runs a command that must succeed, whatever it prints.
func (s *shell) run(position, input, lastStatus string) {
	if got, status := s.typed(position, input, lastStatus); status != "0" {
		s.ts.Fatalf("%s: %sended with status %s:\n%s", position, input, status, got)
	}
}

// typed runs a command, which finds last as the status of the one before it, and returns
// what it printed on both streams, and its status.
func (s *shell) typed(position, input, lastStatus string) (output, status string) {
	if _, err := strconv.Atoi(lastStatus); err != nil {
		lastStatus = "0"
	}
	began := time.Now()
	_, err := fmt.Fprintf(s.input, "(exit %s)\n{\n%s} </dev/null\necho \"%s$?\"\n", lastStatus, input, end)
	s.ts.Check(err)
	for {
		line, err := s.output.ReadString('\n')
		if err != nil {
			s.ts.Fatalf("%s: %sthe shell has ended: %v\n%s", position, input, err, output)
		}
		head, status, done := strings.Cut(line, end)
		output += head
		if done {
			s.ts.Logf("%s (%s): %s%s", position, time.Since(began).Round(time.Millisecond), input, output)
			return output, strings.TrimSpace(status)
		}
	}
}
