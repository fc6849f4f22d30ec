package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strconv"
)

// usage is written by hand because package flag shows long flags with one dash.
const usage = `Usage: ds-job [flags]

Fits a classifier to the iris data and writes model.json, predictions.csv and
metrics.json to the results directory.

Flags:
  --out DIR             existing directory for the results (default /results)
  --epochs N            passes over the training rows (default 500)
  --seed N              seed of the train/test split (default 1)
  --test-fraction F     share of each species kept for the test (default 0.3)
`

// options are the values of the command line.
type options struct {
	out          string
	epochs       int
	seed         uint64
	testFraction float64
}

// parseOptions reads the flags. Every setter refuses bad values itself, because
// package flag then names both the flag and the value in its error.
func parseOptions(args []string) (options, error) {
	opts := options{out: "/results", epochs: 500, seed: 1, testFraction: 0.3}
	fs := flag.NewFlagSet("ds-job", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // main prints the error, once
	fs.Func("out", "", opts.setOut)
	fs.Func("epochs", "", opts.setEpochs)
	fs.Func("seed", "", opts.setSeed)
	fs.Func("test-fraction", "", opts.setTestFraction)
	if err := fs.Parse(args); err != nil {
		return options{}, fmt.Errorf("reading the command line: %w", err)
	}
	if fs.NArg() > 0 {
		return options{}, fmt.Errorf("reading the command line: unexpected argument %q", fs.Arg(0))
	}
	return opts, nil
}

func (o *options) setOut(value string) error {
	if value == "" {
		return errors.New("must name a directory")
	}
	o.out = value
	return nil
}

func (o *options) setEpochs(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return errors.New("must be a whole number of at least 1")
	}
	o.epochs = n
	return nil
}

func (o *options) setSeed(value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return fmt.Errorf("must be a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	o.seed = n
	return nil
}

// setTestFraction keeps at least one of a species' 50 rows on either side: a
// species without training rows cannot be learnt, one without test rows cannot
// be judged. The condition is written so that NaN fails it.
func (o *options) setTestFraction(value string) error {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f >= 0.02 && f <= 0.98) {
		return errors.New("must be a number from 0.02 to 0.98")
	}
	o.testFraction = f
	return nil
}
