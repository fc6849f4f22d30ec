package duration_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
)

func TestParse(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "2h30m": 150 * time.Minute, "3d": 3 * day, "1d12h": 36 * time.Hour,
		"0s": 0, "0d": 0, "1.5h": 90 * time.Minute, "1-12:00:00": 36 * time.Hour, "12:00:01": 12*time.Hour + time.Second,
		"100:00:00": 100 * time.Hour, "0-00:00:59": 59 * time.Second, "106751d": 106751 * day,
	} {
		got, err := duration.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"90":                            "write 90s or 90m",
		"1:30":                          "write 1h30m or 1m30s",
		"":                              "is not a duration",
		"soon":                          "is not a duration",
		"-5m":                           "is not a duration",
		"+5m":                           "is not a duration",
		"3d-5m":                         "is not a duration",
		"3d+5m":                         "is not a duration",
		"1h3d":                          "is not a duration",
		"1:60:00":                       "end at 59",
		"1:00:61":                       "end at 59",
		"200000d":                       "292 years",
		"99999999999999d":               "292 years",
		"9999999-00:00:00":              "292 years",
		"106751-999:00:00":              "292 years",
		"106751d24h":                    "292 years",
		"99999999999999999999-00:00:00": "292 years",
	} {
		got, err := duration.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, %v; want an error with %q", text, got, err, want)
		}
	}
}
