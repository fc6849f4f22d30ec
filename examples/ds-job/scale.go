package main

import "math"

// scaler maps every feature to mean 0 and standard deviation 1, so that one
// learning rate suits all of them.
type scaler struct {
	means, stds []float64
}

// newScaler measures the training rows only: the test rows must not leak into
// the model.
func newScaler(samples []sample) scaler {
	d := len(samples[0].features)
	s := scaler{means: make([]float64, d), stds: make([]float64, d)}
	n := float64(len(samples))
	for j := range d {
		for _, row := range samples {
			s.means[j] += row.features[j] / n
		}
		for _, row := range samples {
			s.stds[j] += (row.features[j] - s.means[j]) * (row.features[j] - s.means[j]) / n
		}
		s.stds[j] = math.Sqrt(s.stds[j])
		if s.stds[j] == 0 {
			s.stds[j] = 1 // a constant feature says nothing; do not divide by 0
		}
	}
	return s
}

func (s scaler) apply(features []float64) []float64 {
	scaled := make([]float64, len(features))
	for j, x := range features {
		scaled[j] = (x - s.means[j]) / s.stds[j]
	}
	return scaled
}

// applyAll returns copies: the raw measurements are still needed for output.
func (s scaler) applyAll(samples []sample) []sample {
	scaled := make([]sample, len(samples))
	for i, row := range samples {
		scaled[i] = sample{row: row.row, features: s.apply(row.features), class: row.class}
	}
	return scaled
}

// rounded cuts a result to six decimals. Compilers may fuse multiplications
// and additions on one processor and not on another; the noise in the last
// digits would make the same job differ between machines.
func rounded(x float64) float64 {
	return math.Round(x*1e6)/1e6 + 0 // + 0 turns -0 into 0
}

func roundedAll(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = rounded(x)
	}
	return out
}
