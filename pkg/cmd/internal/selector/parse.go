package selector

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// Parse reads every string once. names is how many jobs the command line names: a name and a
// flag that selects contradict each other.
func (f *Flags) Parse(names int) (Selection, error) {
	s := Selection{
		Everywhere: f.everywhere, Filtered: f.Narrows() || len(f.except) > 0, fields: f.fields != "", mine: f.mine, owner: f.owner,
		options: metav1.ListOptions{LabelSelector: f.labels, FieldSelector: f.fields},
	}
	if names > 0 && f.Typed() {
		return s, exit.Usagef("job names and %s are mutually exclusive", f.Words()[0])
	}
	if _, err := labels.Parse(f.labels); err != nil {
		return s, exit.Usagef("invalid value %q for -l: %w", f.labels, err)
	}
	if _, err := fields.ParseSelector(f.fields); err != nil {
		return s, exit.Usagef("invalid value %q for --field-selector: %w", f.fields, err)
	}
	if f.mine && f.owner != "" {
		return s, exit.Usagef("--mine and --owner are mutually exclusive")
	}
	for _, parse := range []func(*Selection) error{f.parseStates, f.parseExcept, f.parseAges} {
		if err := parse(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// ParseSome is Parse for a verb that acts on all jobs only if they are selected explicitly.
func (f *Flags) ParseSome(names int, program fmt.Stringer) (Selection, error) {
	s, err := f.Parse(names)
	if err == nil && names == 0 && !f.Narrows() {
		err = exit.Usagef("missing argument JOB; run \"%s list\" to see jobs, or select jobs with -l, --mine or --state", program)
	}
	return s, err
}

func (f *Flags) parseStates(s *Selection) error {
	for _, text := range f.states {
		state, ok := stateOf(text)
		if !ok {
			return exit.Usagef("invalid value %q for --state: must be one of %s", text, strings.Join(stateNames(), ", "))
		}
		s.States = append(s.States, state)
	}
	for _, flag := range []struct {
		set   bool
		state job.State
	}{{f.completed, job.Complete}, {f.failed, job.Failed}, {f.cancelled, job.Cancelled}} {
		if flag.set {
			s.States = append(s.States, flag.state)
		}
	}
	return nil
}

// stateOf reads the name of a state in any case. Completed is how --completed spells Complete.
func stateOf(text string) (job.State, bool) {
	if strings.EqualFold(text, "completed") {
		return job.Complete, true
	}
	for _, state := range job.States() {
		if strings.EqualFold(text, string(state)) {
			return state, true
		}
	}
	return "", false
}

func stateNames() []string { return namesOf(func(job.State) bool { return true }) }

// namesOf returns the names of the states that are wanted.
func namesOf(include func(job.State) bool) (names []string) {
	for _, state := range job.States() {
		if include(state) {
			names = append(names, string(state))
		}
	}
	return names
}

func (f *Flags) parseExcept(s *Selection) error {
	for _, text := range f.except {
		ref, err := job.ParseRef(text)
		if err == nil && ref == job.Latest {
			return exit.Usagef("invalid value %q for --except: must be the name of a job", text)
		}
		if err != nil {
			return exit.Usagef("invalid value %q for --except: %w", text, err)
		}
		s.Except = append(s.Except, string(ref))
	}
	return nil
}

func (f *Flags) parseAges(s *Selection) error {
	for _, age := range []struct {
		flag, text string
		value      *time.Duration
	}{{"--older-than", f.olderThan, &s.OlderThan}, {"--newer-than", f.newerThan, &s.NewerThan}} {
		if age.text == "" {
			continue
		}
		length, err := duration.Parse(age.text)
		if err != nil {
			return exit.Usagef("invalid value %q for %s: %w", age.text, age.flag, err)
		}
		*age.value = length
	}
	switch {
	case f.newerThan != "" && s.NewerThan == 0:
		return exit.Usagef("invalid value %q for --newer-than: must be above 0", f.newerThan)
	case f.newerThan != "" && s.NewerThan <= s.OlderThan:
		return exit.Usagef("--newer-than=%s and --older-than=%s select no job", f.newerThan, f.olderThan)
	}
	return nil
}

func isFinished(state job.State) bool   { return state.Final() }
func isUnfinished(state job.State) bool { return !state.Final() }

// Unfinished refuses states in which a job cannot be cancelled, Finished states in which it
// cannot be deleted. verb is what the command does, such as "cancelled".
func (s Selection) Unfinished(verb string) error {
	return s.refuse(verb, "finished", isFinished)
}

// Finished is Unfinished for verbs that act on finished jobs.
func (s Selection) Finished(verb string) error {
	return s.refuse(verb, "not finished", isUnfinished)
}

func (s Selection) refuse(verb, condition string, wrong func(job.State) bool) error {
	for _, state := range s.States {
		if wrong(state) {
			valid := namesOf(func(state job.State) bool { return !wrong(state) })
			return exit.Usagef("a job in state %s cannot be %s: it is %s; valid states are %s", state, verb, condition, strings.Join(valid, ", "))
		}
	}
	return nil
}
