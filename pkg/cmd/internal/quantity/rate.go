package quantity

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// rateForm is a number and a unit, of 1000 or with an i of 1024.
var rateForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)([kKMG]i?)?$`)

// Rate parses bytes per second; an empty text is 0, no limit.
func Rate(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	part := rateForm.FindStringSubmatch(text)
	if part == nil {
		return 0, fmt.Errorf("invalid value %q for %s: must be bytes per second, such as 10M, 1.5G or 512Ki", text, flag)
	}
	rate, err := strconv.ParseFloat(part[1], 64)
	switch rate *= unit(part[2]); {
	case err != nil || rate > math.MaxInt64/2:
		return 0, fmt.Errorf("invalid value %q for %s: the number is too large", text, flag)
	case rate < 1:
		return 0, fmt.Errorf("invalid value %q for %s: must be at least 1 byte per second", text, flag)
	}
	return int64(rate), nil
}

func unit(name string) float64 {
	base := 1000.0
	if strings.HasSuffix(name, "i") {
		base = 1024
	}
	if name == "" {
		return 1
	}
	return math.Pow(base, float64(strings.Index("KMG", strings.ToUpper(name[:1]))+1))
}
