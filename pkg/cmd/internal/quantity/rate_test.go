package quantity_test

import (
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "1": 1, "1000": 1000, "10K": 10_000, "10k": 10_000, "10M": 10_000_000, "1.5G": 1_500_000_000,
		"1Ki": 1024, "512Ki": 512 << 10, "1ki": 1024, "10Mi": 10 << 20, "2Gi": 2 << 30, "0.5K": 500,
	} {
		if got, err := quantity.Rate("--limit-rate", text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"10m": "such as 10M", "10MB": "such as 10M", "10 M": "such as 10M", "M": "such as 10M", "-1": "such as 10M", "1e9": "such as 10M", "10Mbit": "such as 10M", "10i": "such as 10M", ".5M": "such as 10M",
		"0": "must be at least 1 byte", "0.1": "must be at least 1 byte", "0.0K": "must be at least 1 byte", "99999999999999999999G": "the number is too large",
	} {
		if got, err := quantity.Rate("--limit-rate", text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `invalid value "`+text+`" for --limit-rate: `) {
			t.Errorf("%q: %d, %v; want an error with %q", text, got, err, want)
		}
	}
}
