package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// modelFile is the content of model.json: apply it to (x - means) / stds.
type modelFile struct {
	// Classes and Features name the rows and the columns of Weights.
	Classes  []string `json:"classes"`
	Features []string `json:"features"`
	// Means and Stds standardise the features.
	Means []float64 `json:"means"`
	Stds  []float64 `json:"stds"`
	// Weights and Bias give the scores whose softmax is the prediction.
	Weights [][]float64 `json:"weights"`
	Bias    []float64   `json:"bias"`
	// Seed, Epochs and TestFraction are the flags that reproduce the model.
	Seed         uint64  `json:"seed"`
	Epochs       int     `json:"epochs"`
	TestFraction float64 `json:"test_fraction"`
}

// writeResults writes the three files. The metrics come last, so that a reader
// who finds them finds the others too.
func writeResults(dir string, m model, predictions []prediction, result metrics) error {
	modelJSON, err := encodeJSON(m.file())
	if err != nil {
		return fmt.Errorf("encoding model.json: %w", err)
	}
	table, err := encodePredictions(m, predictions)
	if err != nil {
		return fmt.Errorf("encoding predictions.csv: %w", err)
	}
	metricsJSON, err := encodeJSON(result)
	if err != nil {
		return fmt.Errorf("encoding metrics.json: %w", err)
	}
	if err := writeFile(dir, "model.json", modelJSON); err != nil {
		return err
	}
	if err := writeFile(dir, "predictions.csv", table); err != nil {
		return err
	}
	return writeFile(dir, "metrics.json", metricsJSON)
}

func (m model) file() modelFile {
	weights := make([][]float64, len(m.params.weights))
	for k, row := range m.params.weights {
		weights[k] = roundedAll(row)
	}
	return modelFile{
		Classes:      m.classes,
		Features:     m.features,
		Means:        roundedAll(m.scaler.means),
		Stds:         roundedAll(m.scaler.stds),
		Weights:      weights,
		Bias:         roundedAll(m.params.bias),
		Seed:         m.opts.seed,
		Epochs:       m.opts.epochs,
		TestFraction: m.opts.testFraction,
	}
}

func encodeJSON(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

func encodePredictions(m model, predictions []prediction) ([]byte, error) {
	header := slices.Concat([]string{"row"}, m.features, []string{"actual", "predicted", "probability"})
	records := [][]string{header}
	for _, p := range predictions {
		records = append(records, predictionRecord(p, m.classes))
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func predictionRecord(p prediction, classes []string) []string {
	record := []string{strconv.Itoa(p.sample.row)}
	for _, x := range p.sample.features {
		record = append(record, strconv.FormatFloat(x, 'f', -1, 64))
	}
	probability := strconv.FormatFloat(p.probability, 'f', 6, 64)
	return append(record, classes[p.sample.class], classes[p.predicted], probability)
}
