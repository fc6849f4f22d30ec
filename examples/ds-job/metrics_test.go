package main

import (
	"reflect"
	"testing"
)

// guesses builds predictions from pairs of actual and predicted class.
func guesses(pairs ...[2]int) []prediction {
	var predictions []prediction
	for _, p := range pairs {
		predictions = append(predictions, prediction{sample: sample{class: p[0]}, predicted: p[1]})
	}
	return predictions
}

func TestEvaluate(t *testing.T) {
	got := evaluate(guesses([2]int{0, 0}, [2]int{0, 0}, [2]int{0, 1}, [2]int{1, 1}), []string{"a", "b"})
	want := metrics{
		Accuracy:        0.75,
		RowsTest:        4,
		Classes:         []string{"a", "b"},
		ConfusionMatrix: [][]int{{2, 1}, {0, 1}},
		PerClass: []classMetrics{
			{Class: "a", Precision: 1, Recall: 0.666667, F1: 0.8},
			{Class: "b", Precision: 0.5, Recall: 1, F1: 0.666667},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEvaluateClassNeverSeen(t *testing.T) {
	got := evaluate(guesses([2]int{0, 0}), []string{"a", "b"}).PerClass[1]
	if want := (classMetrics{Class: "b"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFormatMatrix(t *testing.T) {
	got := formatMatrix([][]int{{15, 0}, {3, 12}}, []string{"rose", "marigold"})
	want := "" +
		"              rose  marigold\n" +
		"rose            15         0\n" +
		"marigold         3        12\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
