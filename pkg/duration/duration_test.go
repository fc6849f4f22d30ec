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
		"90":                            "use 90s or 90m",
		"1:30":                          "use 1h30m or 1m30s",
		"":                              "must be a duration such as",
		"soon":                          "must be a duration such as",
		"-5m":                           "must be a duration such as",
		"+5m":                           "must be a duration such as",
		"3d-5m":                         "must be a duration such as",
		"3d+5m":                         "must be a duration such as",
		"1h3d":                          "must be a duration such as",
		"1:60:00":                       "must be below 60",
		"1:00:61":                       "must be below 60",
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
