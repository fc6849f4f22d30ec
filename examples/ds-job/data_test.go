package main

import (
	"math"
	"reflect"
	"slices"
	"testing"
)

func mustLoad(t *testing.T) dataset {
	t.Helper()
	data, err := loadIris()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestIrisFacts compares the table with published facts about Fisher's data.
func TestIrisFacts(t *testing.T) {
	data := mustLoad(t)
	if len(data.samples) != 150 {
		t.Fatalf("got %d rows, want 150", len(data.samples))
	}
	if want := []string{"setosa", "versicolor", "virginica"}; !slices.Equal(data.classes, want) {
		t.Errorf("got classes %v, want %v", data.classes, want)
	}
	for class, name := range data.classes {
		if n := len(data.members(class)); n != 50 {
			t.Errorf("got %d rows of %s, want 50", n, name)
		}
	}
	for j, want := range []float64{5.843333, 3.057333, 3.758000, 1.199333} {
		if got := newScaler(data.samples).means[j]; math.Abs(got-want) > 1e-6 {
			t.Errorf("mean of %s: got %f, want %f", data.features[j], got, want)
		}
	}
}

// TestIrisIsFishers checks the rows that differ in a widespread faulty copy.
func TestIrisIsFishers(t *testing.T) {
	data := mustLoad(t)
	for row, want := range map[int][]float64{
		35: {4.9, 3.1, 1.5, 0.2},
		38: {4.9, 3.6, 1.4, 0.1},
	} {
		if got := data.samples[row-1].features; !slices.Equal(got, want) {
			t.Errorf("row %d: got %v, want %v", row, got, want)
		}
	}
}

func TestSplitIsStratified(t *testing.T) {
	data := mustLoad(t)
	train, test := split(data, 0.3, 7)
	counts := map[int]int{}
	for _, s := range test {
		counts[s.class]++
	}
	if want := map[int]int{0: 15, 1: 15, 2: 15}; !reflect.DeepEqual(counts, want) {
		t.Errorf("got test rows per class %v, want %v", counts, want)
	}
	rows := map[int]bool{}
	for _, s := range slices.Concat(train, test) {
		rows[s.row] = true
	}
	if len(train) != 105 || len(rows) != 150 {
		t.Errorf("got %d train rows and %d distinct rows, want 105 and 150", len(train), len(rows))
	}
}

func TestSplitDependsOnSeed(t *testing.T) {
	data := mustLoad(t)
	_, test := split(data, 0.3, 1)
	_, repeated := split(data, 0.3, 1)
	_, two := split(data, 0.3, 2)
	if !reflect.DeepEqual(test, repeated) {
		t.Error("the same seed gave two splits")
	}
	if reflect.DeepEqual(test, two) {
		t.Error("two seeds gave the same split")
	}
}

func TestSplitLeavesRowsOnBothSides(t *testing.T) {
	data := mustLoad(t)
	for _, fraction := range []float64{0.02, 0.98} {
		train, test := split(data, fraction, 1)
		if len(train) < 3 || len(test) < 3 {
			t.Errorf("fraction %v: %d train rows, %d test rows", fraction, len(train), len(test))
		}
	}
}
