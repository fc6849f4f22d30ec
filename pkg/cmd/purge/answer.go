package purge

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
)

// answer prints the result for each object, in the requested format.
type answer struct {
	factory *factory.Factory
	// format is name, json, or empty for lines.
	format string
	dryRun string
	// everywhere has lines name the namespace.
	everywhere bool
}

// told is the result for one object, as -o json prints it.
type told struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	// Result is deleted, kept or failed.
	Result string `json:"result"`
	Reason string `json:"reason,omitempty"`
	DryRun string `json:"dryRun,omitempty"`
}

// The results.
const (
	deleted    = "deleted"
	keptResult = "kept"
	failed     = "failed"
)

func (a answer) deleted(object purge.Object) error {
	switch a.format {
	case "json":
		return a.json(object, deleted, "")
	case "name":
		return a.factory.Answer(string(object.Kind) + "/" + object.Name)
	}
	suffix := ""
	if a.everywhere {
		suffix = " from " + object.Namespace
	}
	if a.dryRun != flagvalue.DryRunNone {
		suffix += " (" + a.dryRun + " dry run)"
	}
	return a.factory.Answer(fmt.Sprintf("%s/%s deleted%s", object.Kind, object.Name, suffix))
}

// json writes an object on a line of its own.
func (a answer) json(object purge.Object, result, reason string) error {
	line := told{Kind: string(object.Kind), Name: object.Name, Namespace: object.Namespace, Result: result, Reason: reason}
	if a.dryRun != flagvalue.DryRunNone {
		line.DryRun = a.dryRun
	}
	text, err := printable.JSON(line, "")
	if err == nil {
		_, err = a.factory.Streams.Out.Write(text)
	}
	return err
}

// reportKept prints an object that is kept, for programs only; people read a note instead.
func (a answer) reportKept(object purge.Object, result, reason string) {
	if a.format == "json" {
		_ = a.json(object, result, reason)
	}
}
