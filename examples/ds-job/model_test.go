package main

import (
	"encoding/json"
	"math"
	"testing"
)

// somewhere is a point where no part of the gradient vanishes.
func somewhere(classes, features int) params {
	p := newParams(classes, features)
	for k := range p.weights {
		p.bias[k] = 0.3 * float64(k-1)
		for j := range p.weights[k] {
			p.weights[k][j] = math.Sin(float64(1 + k*features + j))
		}
	}
	return p
}

func TestGradientAgainstNumericGradient(t *testing.T) {
	data := mustLoad(t)
	samples := newScaler(data.samples).applyAll(data.samples)
	const l2 = 0.1 // larger than in use, so that an error in it would show
	p := somewhere(3, 4)
	_, grad := p.lossAndGradient(samples, l2)
	check := func(name string, parameter *float64, got float64) {
		const h = 1e-5
		old := *parameter
		*parameter = old + h
		above, _ := p.lossAndGradient(samples, l2)
		*parameter = old - h
		below, _ := p.lossAndGradient(samples, l2)
		*parameter = old
		if want := (above - below) / (2 * h); math.Abs(got-want) > 1e-7 {
			t.Errorf("%s: got %.9f, numerically %.9f", name, got, want)
		}
	}
	for k := range p.weights {
		check("bias", &p.bias[k], grad.bias[k])
		for j := range p.weights[k] {
			check("weight", &p.weights[k][j], grad.weights[k][j])
		}
	}
}

func TestProbabilitiesDoNotOverflow(t *testing.T) {
	p := params{weights: [][]float64{{1000}, {-1000}}, bias: []float64{0, 0}}
	got := p.probabilities([]float64{5})
	if got[0] != 1 || got[1] != 0 {
		t.Errorf("got %v, want [1 0]", got)
	}
}

func TestLossFallsInEveryEpoch(t *testing.T) {
	data := mustLoad(t)
	lastLoss := math.Inf(1)
	_, loss, err := fitModel(data, data.samples, options{epochs: 300}, func(epoch int, loss float64) error {
		if loss >= lastLoss {
			t.Errorf("epoch %d: loss rose from %v to %v", epoch, lastLoss, loss)
		}
		lastLoss = loss
		return nil
	})
	if err != nil || loss != lastLoss {
		t.Errorf("got loss %v and error %v, want %v and none", loss, err, lastLoss)
	}
}

// TestAccuracy tries several seeds: one good split proves little.
func TestAccuracy(t *testing.T) {
	data := mustLoad(t)
	quiet := func(int, float64) error { return nil }
	for seed := range uint64(10) {
		train, test := split(data, 0.3, seed)
		m, _, err := fitModel(data, train, options{epochs: 500}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if got := evaluate(m.predictAll(test), data.classes).Accuracy; got < 0.93 {
			t.Errorf("seed %d: accuracy %v, want at least 0.93", seed, got)
		}
	}
}

func TestScalerSurvivesConstantFeature(t *testing.T) {
	s := newScaler([]sample{{features: []float64{3}}, {features: []float64{3}}})
	if got := s.apply([]float64{4})[0]; got != 1 {
		t.Errorf("got %v, want 1", got)
	}
}

func TestRoundedHasNoNegativeZero(t *testing.T) {
	text, err := json.Marshal(rounded(-1e-9))
	if err != nil || string(text) != "0" {
		t.Errorf("got %s and error %v, want 0", text, err)
	}
}
