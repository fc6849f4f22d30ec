package exit

import (
	"errors"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// Format words the error of a printer about format, the value of -o. others are formats that the
// printers do not know.
func Format(format string, err error, others ...string) error {
	unknown, ok := errors.AsType[genericclioptions.NoCompatiblePrinterError](err)
	if !ok {
		return Usagef("invalid value %q for -o: %w", format, err)
	}
	formats := slices.Concat(others, unknown.AllowedFormats)
	slices.Sort(formats)
	return Usagef("invalid value %q for -o: must be one of %s", format, strings.Join(slices.Compact(formats), ", "))
}
