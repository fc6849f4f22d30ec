package main

// metrics is the content of metrics.json.
type metrics struct {
	// Accuracy is the share of test rows that were predicted right.
	Accuracy float64 `json:"accuracy"`
	// Loss is the final training loss, with the penalty.
	Loss float64 `json:"loss"`
	// RowsTrain and RowsTest count the rows of the two parts of the data.
	RowsTrain int `json:"rows_train"`
	RowsTest  int `json:"rows_test"`
	// Classes names the rows and columns of ConfusionMatrix.
	Classes []string `json:"classes"`
	// ConfusionMatrix counts test rows by actual (row) and predicted (column).
	ConfusionMatrix [][]int `json:"confusion_matrix"`
	// PerClass holds one entry for every class, in the order of Classes.
	PerClass []classMetrics `json:"per_class"`
}

// classMetrics judges the predictions of one class.
type classMetrics struct {
	// Class is the name of the species.
	Class string `json:"class"`
	// Precision is the share of right ones among the predictions of the class.
	Precision float64 `json:"precision"`
	// Recall is the share of the class's rows that were found.
	Recall float64 `json:"recall"`
	// F1 is the harmonic mean of Precision and Recall.
	F1 float64 `json:"f1"`
}

// evaluate fills in all metrics that follow from the predictions.
func evaluate(predictions []prediction, classes []string) metrics {
	matrix := confusionMatrix(predictions, len(classes))
	right := 0
	perClass := make([]classMetrics, len(classes))
	for k, name := range classes {
		right += matrix[k][k]
		perClass[k] = judgeClass(matrix, k, name)
	}
	return metrics{
		Accuracy:        rounded(ratio(right, len(predictions))),
		RowsTest:        len(predictions),
		Classes:         classes,
		ConfusionMatrix: matrix,
		PerClass:        perClass,
	}
}

func confusionMatrix(predictions []prediction, classes int) [][]int {
	matrix := make([][]int, classes)
	for k := range matrix {
		matrix[k] = make([]int, classes)
	}
	for _, p := range predictions {
		matrix[p.sample.class][p.predicted]++
	}
	return matrix
}

// judgeClass computes F1 from the counts, 2TP/(actual+predicted), which equals
// the harmonic mean and has no second division by zero to guard.
func judgeClass(matrix [][]int, class int, name string) classMetrics {
	hits := matrix[class][class]
	actual := 0
	predicted := 0
	for i := range matrix {
		actual += matrix[class][i]
		predicted += matrix[i][class]
	}
	return classMetrics{
		Class:     name,
		Precision: rounded(ratio(hits, predicted)),
		Recall:    rounded(ratio(hits, actual)),
		F1:        rounded(ratio(2*hits, actual+predicted)),
	}
}

// ratio is 0 for nothing out of nothing: JSON has no NaN.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
