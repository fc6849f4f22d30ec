package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runInto runs the job into a new directory and returns its files and output.
func runInto(t *testing.T, flags ...string) (files map[string]string, stdout string) {
	t.Helper()
	dir := t.TempDir()
	var out bytes.Buffer
	if err := run(append(flags, "--out", dir), &out); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(content)
	}
	return files, out.String()
}

func TestRunIsDeterministic(t *testing.T) {
	firstRun, firstOut := runInto(t)
	second, secondOut := runInto(t)
	if len(firstRun) != 3 { // also: no temporary file is left behind
		t.Fatalf("got %d files, want 3", len(firstRun))
	}
	for _, name := range []string{"model.json", "predictions.csv", "metrics.json"} {
		if firstRun[name] == "" || firstRun[name] != second[name] {
			t.Errorf("%s is empty or differs between two runs", name)
		}
	}
	if firstOut != secondOut {
		t.Error("the output differs between two runs")
	}
}

func TestRunOutput(t *testing.T) {
	_, stdout := runInto(t)
	if !strings.HasPrefix(stdout, "Fitting model...\nepoch   1/500  loss ") {
		t.Errorf("unexpected beginning:\n%s", stdout)
	}
	for _, want := range []string{"\nepoch 500/500  loss ", "\nTest accuracy: 0.9", " of 45 rows)", "\nConfusion matrix"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in:\n%s", want, stdout)
		}
	}
}

func TestRunMetrics(t *testing.T) {
	files, _ := runInto(t, "--test-fraction", "0.2", "--seed", "9")
	var m metrics
	if err := json.Unmarshal([]byte(files["metrics.json"]), &m); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, row := range m.ConfusionMatrix {
		for _, count := range row {
			sum += count
		}
	}
	if sum != 30 || m.RowsTest != 30 || m.RowsTrain != 120 {
		t.Errorf("matrix sums to %d, %d test rows, %d train rows; want 30, 30, 120", sum, m.RowsTest, m.RowsTrain)
	}
	if m.Accuracy < 0.93 || m.Loss <= 0 {
		t.Errorf("got accuracy %v and loss %v", m.Accuracy, m.Loss)
	}
}

func TestRunPredictions(t *testing.T) {
	files, _ := runInto(t)
	records, err := csv.NewReader(strings.NewReader(files["predictions.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := "row,sepal_length,sepal_width,petal_length,petal_width,actual,predicted,probability"
	if got := strings.Join(records[0], ","); got != want {
		t.Errorf("got header %s, want %s", got, want)
	}
	if len(records) != 46 {
		t.Errorf("got %d lines, want a header and 45 rows", len(records))
	}
}

func TestRunModelRecordsFlags(t *testing.T) {
	files, _ := runInto(t, "--epochs", "20", "--seed", "5")
	var m modelFile
	if err := json.Unmarshal([]byte(files["model.json"]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Epochs != 20 || m.Seed != 5 || len(m.Weights) != 3 || len(m.Weights[0]) != 4 {
		t.Errorf("unexpected model %+v", m)
	}
}

func TestRunHelp(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"--help"}, &out); err != nil || out.String() != usage {
		t.Errorf("got error %v and output %q", err, out.String())
	}
}

// brokenPipe stands for a log whose reader is gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRunReportsBrokenOutput(t *testing.T) {
	err := run([]string{"--out", t.TempDir()}, brokenPipe{})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
}

func TestDefaults(t *testing.T) {
	got, err := parseOptions(nil)
	want := options{out: "/results", epochs: 500, seed: 1, testFraction: 0.3}
	if err != nil || got != want {
		t.Errorf("got %+v and error %v, want %+v", got, err, want)
	}
	for _, text := range []string{"default /results", "default 500", "default 1)", "default 0.3"} {
		if !strings.Contains(usage, text) {
			t.Errorf("the usage does not say %q", text)
		}
	}
}
