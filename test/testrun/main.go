// Command testrun runs a command that prints test results as JSON, and reports them for people: one line a package, the
// output of what failed, a line of progress at least every 20 seconds, and one line at the end.
//
//	testrun -name "make test" -then "make check runs the rest" -- make unit e2e
//
// Every line of the command's stdout that is an event of `go test -json` is reported; other lines are printed as they are.
// A testrun that another one started passes everything on, so that targets of make can call each other.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// nested is the environment variable that tells a testrun that another one reads its output.
const nested = "TESTRUN_NESTED"

// quiet is how long nothing is printed at most while tests run.
const quiet = 20 * time.Second

func main() {
	name := flag.String("name", "tests", "what the last line calls this run")
	hint := flag.String("then", "", "what the last line says after a success")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: testrun [-name NAME] [-then TEXT] -- COMMAND [ARG...]")
		os.Exit(2)
	}
	os.Exit(run(*name, *hint, flag.Args()))
}

func run(name, hint string, args []string) int {
	cmd := exec.Command(args[0], args[1:]...) //nolint:gosec // running this command is the purpose
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	if os.Getenv(nested) != "" { // in the process group of the outer testrun
		signal.Ignore(os.Interrupt)
		cmd.Stdout = os.Stdout
		return status(cmd.Run())
	}
	cmd.Env = append(os.Environ(), nested+"=1")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = forwardSignals(cmd, cmd.Start)
	}
	if err != nil {
		return status(err)
	}
	report := newReport(os.Stdout, name, time.Now)
	done := make(chan struct{})
	go report.beat(done, time.Second)
	readLines(stdout, report)
	result := status(cmd.Wait())
	close(done)
	return report.end(result, hint)
}

// readLines gives each line of r to the report, however long it is.
func readLines(r io.Reader, report *report) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			report.line(line)
		}
		if err != nil {
			return
		}
	}
}

// status returns the exit status that an error of a command stands for.
func status(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "testrun:", err)
	return 1
}
