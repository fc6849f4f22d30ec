// Package selector provides the flags that select jobs, for every verb that acts on several.
//
// The flags have the same names and meanings in all verbs. Each flag narrows
// the selection, except -A, which selects all namespaces.
package selector

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Flags is what was typed.
type Flags struct {
	labels, fields               string
	everywhere, mine             bool
	owner                        string
	states                       []string
	completed, failed, cancelled bool
	olderThan, newerThan         string
	except                       []string
	// offered are the states that the verb accepts; help and completion list them.
	offered []string
}

// AddTo declares the flags.
func (f *Flags) AddTo(flags *pflag.FlagSet) {
	flags.StringVarP(&f.labels, "selector", "l", "", "Only jobs with these labels, such as team=vision,stage!=test")
	flags.StringVar(&f.fields, "field-selector", "", "Only jobs with these fields, such as status.successful=1")
	flags.BoolVarP(&f.everywhere, "all-namespaces", "A", false, "Jobs in all namespaces")
	flags.BoolVar(&f.mine, "mine", false, "Only jobs that you created with run or rerun")
	flags.StringVar(&f.owner, "owner", "", "Only jobs that `USER` created with run or rerun (list -o wide shows the owner)")
	flags.StringSliceVar(&f.states, "state", nil, "")
	f.offerStates(flags, stateNames())
	flags.BoolVar(&f.completed, "completed", false, "Only completed jobs (can be combined with --failed and --cancelled)")
	flags.BoolVar(&f.failed, "failed", false, "Only failed jobs (can be combined with --completed and --cancelled)")
	flags.BoolVar(&f.cancelled, "cancelled", false, "Only cancelled jobs (can be combined with --completed and --failed)")
	flags.StringVar(&f.olderThan, "older-than", "", "Only jobs that finished at least `DURATION` ago, "+duration.Forms+"; an unfinished job counts from its creation")
	flags.StringVar(&f.newerThan, "newer-than", "", "Only jobs that finished less than `DURATION` ago; an unfinished job counts from its creation")
	flags.StringSliceVar(&f.except, "except", nil, "Exclude `JOB`, or several jobs such as train,evaluate (repeatable)")
}

// OfferFinished limits what help and completion offer to finished jobs, for a verb that deletes jobs.
func (f *Flags) OfferFinished(flags *pflag.FlagSet) { f.offerStates(flags, namesOf(isFinished)) }

// OfferUnfinished limits what help and completion offer to unfinished jobs, for a verb that cancels jobs.
func (f *Flags) OfferUnfinished(flags *pflag.FlagSet) {
	f.offerStates(flags, namesOf(isUnfinished))
	for _, name := range []string{"completed", "failed", "cancelled"} {
		flags.Lookup(name).Hidden = true
	}
}

func (f *Flags) offerStates(flags *pflag.FlagSet, states []string) {
	f.offered = states
	flags.Lookup("state").Usage = "Only jobs in these states, separated by commas: " + strings.Join(states, ", ")
}

// Complete sets the completion of the values of the flags, which cmd has.
func (f *Flags) Complete(cmd *cobra.Command, jobs complete.Func) {
	complete.Flags(cmd, map[string]complete.Func{"state": complete.List(f.offered), "except": jobs})
}

// Typed reports whether any of the flags was.
func (f *Flags) Typed() bool { return len(f.Words()) > 0 }

// Narrows reports whether the flags select less than all jobs of a namespace but for some names.
func (f *Flags) Narrows() bool { return len(f.narrowing()) > 0 }

// narrowing returns the words of the flags that narrow the selection.
func (f *Flags) narrowing() (words []string) {
	for _, flag := range []struct{ name, value string }{
		{"-l", f.labels},
		{"--field-selector", f.fields},
		{"--owner", f.owner},
		{"--state", strings.Join(f.states, ",")},
		{"--older-than", f.olderThan},
		{"--newer-than", f.newerThan},
	} {
		if flag.value != "" {
			words = append(words, flag.name, flag.value)
		}
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--mine", f.mine}, {"--completed", f.completed}, {"--failed", f.failed}, {"--cancelled", f.cancelled}} {
		if flag.set {
			words = append(words, flag.name)
		}
	}
	return words
}

// Words returns the flags as words of a command line; none if no flag is set.
func (f *Flags) Words() []string {
	words := f.narrowing()
	if f.everywhere {
		words = append(words, "-A")
	}
	if len(f.except) > 0 {
		words = append(words, "--except", strings.Join(f.except, ","))
	}
	return words
}

// Selection is what the flags select.
type Selection struct {
	job.Selection

	// Everywhere means that jobs of all namespaces are selected.
	Everywhere bool
	// Filtered means that not all jobs of a namespace are selected.
	Filtered bool

	// fields means that --field-selector is set.
	fields  bool
	options metav1.ListOptions
	mine    bool
	owner   string
}

// Namespace returns the namespace to list: all namespaces, or the given one.
func (s Selection) Namespace(namespace string) string {
	if s.Everywhere {
		return metav1.NamespaceAll
	}
	return namespace
}

// ByJob reports whether the flags depend on the job itself, such as its state: a claim
// whose job no longer exists cannot match them.
func (s Selection) ByJob() bool { return s.ByState() || s.OlderThan > 0 || s.NewerThan > 0 }

// ByState is ByJob but for the age.
func (s Selection) ByState() bool { return s.fields || len(s.States) > 0 }

// Mine returns s for the jobs of the user only, or of the one that --owner names.
func (s Selection) Mine() Selection {
	s.mine = s.owner == ""
	return s
}

// Options returns the selectors for the API server. With --mine it queries who the user is.
func (s Selection) Options(ctx context.Context, client clients.Interface) (metav1.ListOptions, error) {
	options := s.options
	identity, flag := provenance.Identity{Name: s.owner}, "--owner"
	if s.mine {
		me, err := provenance.Whoami(ctx, client)
		if err != nil {
			return options, err
		}
		identity, flag = me, "--mine"
	} else if s.owner == "" {
		return options, nil
	}
	selector, err := identity.Selector()
	if err != nil {
		return options, fmt.Errorf("%s: %w", flag, err)
	}
	options.LabelSelector = strings.Trim(selector+","+options.LabelSelector, ",")
	return options, nil
}

// About adds the name of the job to an error, if there can be several namespaces.
func (s Selection) About(object metav1.Object, err error) error {
	if err == nil || !s.Everywhere {
		return err
	}
	return fmt.Errorf("%s: %w", s.Named(object), err)
}

// Named returns the name of a job, with its namespace if there can be several.
func (s Selection) Named(object metav1.Object) string {
	if s.Everywhere {
		return object.GetNamespace() + "/" + object.GetName()
	}
	return object.GetName()
}
