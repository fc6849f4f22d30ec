// Command ds-job is a small but real data-science job: it fits a classifier to
// the iris data it ships and leaves the model, its predictions and its metrics
// in a results directory. It is the image of the kubectl-batch demo and of its
// end-to-end tests, so the same flags always give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "ds-job: %v\n", err)
		os.Exit(1)
	}
}

// run is main without the process around it, so that tests can call it.
func run(args []string, stdout io.Writer) error {
	opts, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		return writeText(stdout, usage)
	}
	if err != nil {
		return err
	}
	// Checked before fitting: a job that cannot keep its results should fail
	// in its first second, not after its last epoch.
	if err := checkWritable(opts.out); err != nil {
		return err
	}
	data, err := loadIris()
	if err != nil {
		return err
	}
	return fitAndReport(data, opts, stdout)
}

// fitAndReport fits on one part of the data, judges the model on the other and
// writes the results before it prints the verdict: whoever reads the confusion
// matrix in the log may rely on the files being there.
func fitAndReport(data dataset, opts options, stdout io.Writer) error {
	trainRows, testRows := split(data, opts.testFraction, opts.seed)
	if err := writeText(stdout, "Fitting model...\n"); err != nil {
		return err
	}
	m, loss, err := fitModel(data, trainRows, opts, progressTo(stdout, opts.epochs))
	if err != nil {
		return err
	}
	predictions := m.predictAll(testRows)
	result := evaluate(predictions, data.classes)
	result.Loss = rounded(loss)
	result.RowsTrain = len(trainRows)
	if err := writeResults(opts.out, m, predictions, result); err != nil {
		return err
	}
	return writeText(stdout, report(result, data.classes))
}
