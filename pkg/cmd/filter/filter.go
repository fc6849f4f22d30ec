// Package filter has the flags that choose jobs in place of names, for every verb
// that takes them.
package filter

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// Flags is what was typed.
type Flags struct {
	Selector, FieldSelector string
	AllNamespaces, Mine     bool
}

// AddTo declares the flags.
func (f *Flags) AddTo(flags *pflag.FlagSet) {
	f.AddLabelsTo(flags)
	flags.StringVar(&f.FieldSelector, "field-selector", "", "Only jobs with these fields, such as status.successful=1")
	flags.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", false, "The jobs of all namespaces")
}

// AddLabelsTo declares those that go by labels.
func (f *Flags) AddLabelsTo(flags *pflag.FlagSet) {
	flags.StringVarP(&f.Selector, "selector", "l", "", "Only jobs with these labels, such as team=vision,stage!=test")
	flags.BoolVar(&f.Mine, "mine", false, "Only jobs that run made for you")
}

// Typed reports whether any of them was.
func (f *Flags) Typed() bool { return *f != Flags{} }

// Check refuses what the server would not understand, and names beside filters.
func (f *Flags) Check(names int) error {
	if _, err := labels.Parse(f.Selector); err != nil {
		return exit.Usagef("-l %q: %w", f.Selector, err)
	}
	if _, err := fields.ParseSelector(f.FieldSelector); err != nil {
		return exit.Usagef("--field-selector %q: %w", f.FieldSelector, err)
	}
	if names > 0 && f.Typed() {
		return exit.Usagef("names exclude -A, -l, --field-selector and --mine")
	}
	return nil
}

// Namespace returns where to look: everywhere with -A, else in that one.
func (f *Flags) Namespace(one string) string {
	if f.AllNamespaces {
		return metav1.NamespaceAll
	}
	return one
}

// Options returns what to list by. With --mine it asks the cluster who is asking.
func (f *Flags) Options(ctx context.Context, client cluster.Interface) (metav1.ListOptions, error) {
	options := metav1.ListOptions{LabelSelector: f.Selector, FieldSelector: f.FieldSelector}
	if !f.Mine {
		return options, nil
	}
	me, err := owner.Whoami(ctx, client)
	if err != nil {
		return options, err
	}
	mine, err := me.Selector()
	if err != nil {
		return options, fmt.Errorf("--mine: %w", err)
	}
	options.LabelSelector = strings.Trim(mine+","+f.Selector, ",")
	return options, nil
}
