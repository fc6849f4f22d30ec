package main

import (
	"math"
	"slices"
)

// params are the weights of a softmax regression: one row of weights and one
// bias for every class. A gradient has the same shape and is held in one too.
type params struct {
	weights [][]float64
	bias    []float64
}

// newParams starts at zero: the loss is convex, so every start ends alike.
func newParams(classes, features int) params {
	p := params{weights: make([][]float64, classes), bias: make([]float64, classes)}
	for k := range p.weights {
		p.weights[k] = make([]float64, features)
	}
	return p
}

// probabilities returns the softmax of the class scores.
func (p params) probabilities(x []float64) []float64 {
	scores := make([]float64, len(p.bias))
	for k := range scores {
		scores[k] = p.bias[k]
		for j, w := range p.weights[k] {
			scores[k] += w * x[j]
		}
	}
	highest := slices.Max(scores) // subtracted so that exp cannot overflow
	sum := 0.0
	for k, score := range scores {
		scores[k] = math.Exp(score - highest)
		sum += scores[k]
	}
	for k := range scores {
		scores[k] /= sum
	}
	return scores
}

// lossAndGradient returns the mean cross-entropy plus the L2 penalty, and its
// gradient. The biases are free of the penalty: they only set base rates.
func (p params) lossAndGradient(samples []sample, l2 float64) (float64, params) {
	loss := 0.0
	grad := newParams(len(p.bias), len(p.weights[0]))
	n := float64(len(samples))
	for _, s := range samples {
		probs := p.probabilities(s.features)
		loss -= math.Log(probs[s.class]) / n
		probs[s.class]-- // now the derivative by the scores
		for k, d := range probs {
			grad.add(k, s.features, d/n)
		}
	}
	for k, row := range p.weights {
		for j, w := range row {
			loss += l2 / 2 * w * w
			grad.weights[k][j] += l2 * w
		}
	}
	return loss, grad
}

// add adds factor times x to the weights of a class, and factor to its bias.
func (p params) add(class int, x []float64, factor float64) {
	for j := range x {
		p.weights[class][j] += factor * x[j]
	}
	p.bias[class] += factor
}

// step moves the parameters down the gradient.
func (p params) step(grad params, rate float64) {
	for k := range p.weights {
		for j := range p.weights[k] {
			p.weights[k][j] -= rate * grad.weights[k][j]
		}
		p.bias[k] -= rate * grad.bias[k]
	}
}
