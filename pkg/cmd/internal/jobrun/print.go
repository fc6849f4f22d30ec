package jobrun

import (
	"encoding/json"
	"io"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// Printer prints the created objects in the format of -o.
type Printer struct {
	printer printers.ResourcePrinter
	out     io.Writer
	// lines means one line per object: "job.batch/x created".
	lines bool
	// jobOnly means that only the job is printed: its name, or a template that reads one object.
	jobOnly bool
	json    bool
}

// NewPrinter returns a Printer for a format of -o, "" for the default.
func NewPrinter(printer printers.ResourcePrinter, out io.Writer, format string) Printer {
	documents := []string{"json", "yaml", "kyaml"}
	return Printer{
		printer: printer, out: out, lines: format == "", json: format == "json",
		jobOnly: format != "" && !slices.Contains(documents, format),
	}
}

// PrintsLines reports whether one line per object is printed.
func (p Printer) PrintsLines() bool { return p.lines }

// printAll prints the objects, the job last. A document is always one List, which kubectl apply accepts.
func (p Printer) printAll(created submit.Objects, run submit.DryRun) error {
	switch {
	case p.jobOnly:
		return p.printer.PrintObj(created.Job, p.out)
	case p.lines:
		for _, object := range created.List() {
			if err := p.printer.PrintObj(object, p.out); err != nil {
				return err
			}
		}
		return nil
	}
	list := &corev1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	for _, object := range created.List() {
		if !run.Persists() {
			object = withoutServerFields(object)
		}
		list.Items = append(list.Items, runtime.RawExtension{Object: object})
	}
	return p.printer.PrintObj(list, p.out)
}

// withoutServerFields returns a copy of an object without the fields that the server added in a dry run.
func withoutServerFields(object runtime.Object) runtime.Object {
	switch o := object.DeepCopyObject().(type) {
	case *batchv1.Job:
		return spec.Bare(o)
	case *corev1.PersistentVolumeClaim:
		spec.BareMeta(&o.ObjectMeta)
		o.Status = corev1.PersistentVolumeClaimStatus{}
		return o
	case *corev1.ConfigMap:
		spec.BareMeta(&o.ObjectMeta)
		return o
	case *corev1.Secret:
		spec.BareMeta(&o.ObjectMeta)
		return o
	case *unstructured.Unstructured:
		for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"} {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
		unstructured.RemoveNestedField(o.Object, "status")
		return o
	}
	return object
}

const (
	// annotationLimit is the total size of the annotations of an object (TotalAnnotationSizeLimitB in apimachinery).
	// kubectl apply stores the whole object in one annotation.
	annotationLimit = 256 << 10
	// annotationReserve is for the other annotations.
	annotationReserve = 4 << 10
)

// tooLargeToApply reports whether an object does not fit in an annotation of itself.
func tooLargeToApply(object runtime.Object) bool {
	text, err := json.Marshal(object)
	return err == nil && len(text) > annotationLimit-annotationReserve
}
