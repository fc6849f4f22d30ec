package cmd

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/kubectl/pkg/util/templates"
	"k8s.io/kubectl/pkg/util/term"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/section"
)

// groupFlags has help show the flags of a verb under the headings that it gave
// them; a verb without headings keeps kubectl's own form.
func groupFlags(verb *cobra.Command) {
	var headings []string
	under := map[string][]*pflag.Flag{}
	verb.Flags().VisitAll(func(flag *pflag.Flag) {
		heading := section.Of(flag)
		if !slices.Contains(headings, heading) {
			headings = append(headings, heading)
		}
		under[heading] = append(under[heading], flag)
	})
	if len(headings) < 2 {
		return
	}
	verb.SetUsageFunc(func(cmd *cobra.Command) error {
		var text bytes.Buffer
		if cmd.Example != "" {
			fmt.Fprintf(&text, "\n\nExamples:\n%s\n", cmd.Example)
		}
		for _, heading := range headings {
			writeSection(&text, heading, under[heading])
		}
		fmt.Fprintf(&text, "\nUsage:\n  %s [options]\n\nUse \"%s options\" for a list of global command-line options (applies to all commands).\n", cmd.UseLine(), cmd.Root().CommandPath())
		_, err := cmd.OutOrStderr().Write(text.Bytes())
		return err
	})
}

func writeSection(to *bytes.Buffer, heading string, flags []*pflag.Flag) {
	if heading == "" {
		heading = "More"
	}
	width, err := term.GetWordWrapperLimit()
	if err != nil {
		width = 0 // no terminal: lines are not wrapped
	}
	var text bytes.Buffer
	printer := templates.NewHelpFlagPrinter(&text, width)
	for _, flag := range flags {
		if !flag.Hidden {
			printer.PrintHelpFlag(flag)
		}
	}
	fmt.Fprintf(to, "\n%s:\n%s\n", heading, bytes.TrimRight(text.Bytes(), "\n"))
}
