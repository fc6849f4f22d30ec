package spelling_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

func TestNearest(t *testing.T) {
	names := []string{"train-1-results", "train-results", "tarin", "data", "dataset-of-2024", "x"}
	for name, want := range map[string][]string{
		"train":          {"tarin", "train-results", "train-1-results"},
		"train-result":   {"train-results", "train-1-results"},
		"train-1-result": {"train-1-results", "train-results"},
		"dta":            {"data"},
		"dataset":        {"data", "dataset-of-2024"},
		"nothing-like":   nil,
		"":               {"x", "data", "tarin"},
	} {
		if diff := cmp.Diff(want, append([]string(nil), spelling.Nearest(name, names)...)); diff != "" {
			t.Errorf("%q: want -, got +:\n%s", name, diff)
		}
	}
	if names[0] != "train-1-results" || names[5] != "x" {
		t.Errorf("the names were changed: %v", names)
	}
}

func TestDistance(t *testing.T) {
	for words, want := range map[[2]string]int{{"", ""}: 0, {"a", ""}: 1, {"typo", "tyop"}: 2, {"kitten", "sitting"}: 3, {"same", "same"}: 0} {
		if got := spelling.Distance(words[0], words[1]); got != want || got != spelling.Distance(words[1], words[0]) {
			t.Errorf("%q: %d; want %d", words, got, want)
		}
	}
}
