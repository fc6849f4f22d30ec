package quantity_test

import (
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
)

var suggested = regexp.MustCompile(`(?:use|or) ([0-9][^ ]*)`)

// An error explains why a value is refused, and its suggestion is accepted.
func TestQuantityRefuses(t *testing.T) {
	parsers := map[string]func(flag, text string) (resource.Quantity, error){"--cpu": quantity.CPUs, "--memory": quantity.Bytes}
	for typed, want := range map[string]string{
		"--memory=16GB":     "unknown unit GB; use 16G or 16Gi",
		"--memory=16gb":     "unknown unit gb; use 16G or 16Gi",
		"--memory=16g":      "unknown unit g; use 16G or 16Gi",
		"--memory=1.5GiB":   "unknown unit GiB; use 1.5Gi",
		"--memory=512 MB":   "unknown unit MB; use 512M or 512Mi",
		"--memory=2048kb":   "unknown unit kb; use 2048k or 2048Ki",
		"--memory=2gigs":    "unknown unit gigs; must be a quantity such as 4Gi or 500Mi",
		"--memory=3q":       "unknown unit q; must be a quantity such as 4Gi or 500Mi",
		"--memory=much":     "must be a quantity such as 4Gi or 500Mi",
		"--memory=0":        "must be above 0",
		"--memory=-1Gi":     "must be above 0",
		"--memory=16":       "less than 1Mi; add a unit, such as 4Gi or 500Mi",
		"--memory=500000m":  "m means thousandths of a byte; use 500000M or 500000Mi",
		"--cpu=4cores":      "unknown unit cores; use 4",
		"--cpu=4 vCPUs":     "unknown unit vCPUs; use 4",
		"--cpu=64k":         "must be at most 1000 CPUs",
		"--cpu=4Gi":         "must be at most 1000 CPUs",
		"--cpu=1001":        "must be at most 1000 CPUs",
		"--cpu=four":        "must be a quantity such as 4 or 500m",
		"--cpu=0":           "must be above 0",
		"--cpu=500millicpu": "unknown unit millicpu; use 500m",
	} {
		flag, text, _ := strings.Cut(typed, "=")
		_, err := parsers[flag](flag, text)
		if full := `invalid value "` + text + `" for ` + flag + ": " + want; err == nil || err.Error() != full {
			t.Errorf("%v; want %s", err, full)
		}
		for _, match := range suggested.FindAllStringSubmatch(want, -1) {
			if _, err := parsers[flag](flag, match[1]); err != nil {
				t.Errorf("%s is suggested: %v", match[1], err)
			}
		}
	}
	for typed, parse := range map[string]func(flag, text string) (resource.Quantity, error){
		"1000": quantity.CPUs, "500m": quantity.CPUs, "0.5": quantity.CPUs, "16Gi": quantity.Bytes, "1.5G": quantity.Bytes, "2e9": quantity.Bytes,
	} {
		if _, err := parse("--x", typed); err != nil {
			t.Errorf("%s: %v", typed, err)
		}
	}
}
