package main

import (
	"fmt"
	"math"
	"slices"
)

// The learning rate is safely below the limit of stability for standardised
// features; the penalty keeps the weights finite, as setosa is separable.
const (
	learningRate = 0.5
	l2Penalty    = 0.001
)

// model is a fitted classifier with all that is needed to apply it.
type model struct {
	classes  []string
	features []string
	scaler   scaler
	params   params
	opts     options
}

// prediction is the model's verdict on one sample.
type prediction struct {
	sample      sample
	predicted   int
	probability float64
}

// fitModel runs full-batch gradient descent and returns the model and its final
// loss. It calls progress after every epoch with the loss at that epoch's end.
func fitModel(data dataset, train []sample, opts options, progress func(epoch int, loss float64) error) (model, float64, error) {
	m := model{classes: data.classes, features: data.features, scaler: newScaler(train), opts: opts}
	m.params = newParams(len(data.classes), len(data.features))
	scaled := m.scaler.applyAll(train)
	loss, grad := m.params.lossAndGradient(scaled, l2Penalty)
	for epoch := 1; epoch <= opts.epochs; epoch++ {
		m.params.step(grad, learningRate)
		loss, grad = m.params.lossAndGradient(scaled, l2Penalty)
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return model{}, 0, fmt.Errorf("fitting the model: the loss became %v in epoch %d", loss, epoch)
		}
		if err := progress(epoch, loss); err != nil {
			return model{}, 0, err
		}
	}
	return m, loss, nil
}

// predictAll applies the model to raw, unscaled samples.
func (m model) predictAll(samples []sample) []prediction {
	predictions := make([]prediction, len(samples))
	for i, s := range samples {
		probs := m.params.probabilities(m.scaler.apply(s.features))
		best := slices.Index(probs, slices.Max(probs))
		predictions[i] = prediction{sample: s, predicted: best, probability: probs[best]}
	}
	return predictions
}
