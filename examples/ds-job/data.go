package main

import (
	_ "embed" // the data travel inside the binary: the image is scratch
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

//go:embed iris.csv
var irisCSV string

// sample is one flower: its line number in the data (from 1), its measurements
// and the index of its species in dataset.classes.
type sample struct {
	row      int
	features []float64
	class    int
}

// dataset is a table of samples with the names of its columns and classes.
type dataset struct {
	features []string
	classes  []string
	samples  []sample
}

// loadIris reads the embedded table.
func loadIris() (dataset, error) {
	records, err := csv.NewReader(strings.NewReader(irisCSV)).ReadAll()
	if err != nil {
		return dataset{}, fmt.Errorf("reading the iris data: %w", err)
	}
	classColumn := len(records[0]) - 1
	data := dataset{features: records[0][:classColumn]}
	for i, record := range records[1:] {
		features, err := parseFeatures(record[:classColumn])
		if err != nil {
			return dataset{}, fmt.Errorf("reading row %d of the iris data: %w", i+1, err)
		}
		class := data.classIndex(record[classColumn])
		data.samples = append(data.samples, sample{row: i + 1, features: features, class: class})
	}
	return data, nil
}

// classIndex numbers the classes in order of their first appearance.
func (d *dataset) classIndex(name string) int {
	if i := slices.Index(d.classes, name); i >= 0 {
		return i
	}
	d.classes = append(d.classes, name)
	return len(d.classes) - 1
}

func parseFeatures(fields []string) ([]float64, error) {
	features := make([]float64, len(fields))
	for i, field := range fields {
		value, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, fmt.Errorf("parsing a measurement: %w", err)
		}
		features[i] = value
	}
	return features, nil
}

// split draws the test rows class by class, so that both parts keep the mix of
// species, and returns both parts in the order of the data.
func split(data dataset, testFraction float64, seed uint64) (train, test []sample) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for class := range data.classes {
		members := data.members(class)
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		n := int(math.Round(testFraction * float64(len(members))))
		test = append(test, members[:n]...)
		train = append(train, members[n:]...)
	}
	byRow := func(a, b sample) int { return a.row - b.row }
	slices.SortFunc(train, byRow)
	slices.SortFunc(test, byRow)
	return train, test
}

func (d *dataset) members(class int) []sample {
	var members []sample
	for _, s := range d.samples {
		if s.class == class {
			members = append(members, s)
		}
	}
	return members
}
