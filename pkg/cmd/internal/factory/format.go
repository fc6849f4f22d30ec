package factory

import (
	"errors"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

// FormatError returns the usage error for format, the value of -o, from a printer's error. others are formats that the
// printers do not know.
func FormatError(format string, err error, others ...string) error {
	unknown, ok := errors.AsType[genericclioptions.NoCompatiblePrinterError](err)
	if !ok {
		return exit.Usagef("invalid value %q for -o: %w", format, err)
	}
	formats := slices.Concat(others, unknown.AllowedFormats)
	slices.Sort(formats)
	return exit.Usagef("invalid value %q for -o: must be one of %s", format, strings.Join(slices.Compact(formats), ", "))
}
