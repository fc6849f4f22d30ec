// Package k9s reads a plugins.yaml as k9s does, for tests: it is as strict as k9s's schema,
// and puts the values of a selected row into the arguments the way k9s puts them.
package k9s

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Plugin is one action of the file. Its fields are the part of
// internal/config/json/schemas/plugins.json of k9s that this project uses.
type Plugin struct {
	// ShortCut is a key by the name that k9s has for it.
	ShortCut string `json:"shortCut"`
	// Description is what the menu shows.
	Description string `json:"description"`
	// Scopes are the views that have the action.
	Scopes []string `json:"scopes"`
	// Command is the program, and Args its arguments, in which $NAME and others stand for
	// the selected row.
	Command string   `json:"command"`
	Args    []string `json:"args"`
	// Confirm has k9s ask first, and Dangerous hides the action from a read-only k9s.
	Confirm   bool `json:"confirm"`
	Dangerous bool `json:"dangerous"`
}

// Read returns the plugins of a file by name. What k9s would refuse or drop is an error.
func Read(file string) (map[string]Plugin, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var top struct {
		Plugins map[string]Plugin `json:"plugins"`
	}
	if err := yaml.UnmarshalStrict(text, &top); err != nil {
		return nil, err
	}
	errs := []error{collide(top.Plugins)}
	for name, plugin := range top.Plugins {
		if err := plugin.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return top.Plugins, errors.Join(errs...)
}

// key is a name that k9s knows: a letter, or one with Shift or Ctrl.
var key = regexp.MustCompile(`^([a-z]|(Shift|Ctrl)-[A-Z])$`)

// taken are the keys that k9s uses in the views of jobs and claims: it ignores an action on one of
// them. From internal/view of k9s 0.50: browser, table, app, and the extenders for logs, owner
// and vulnerabilities.
func taken() []string {
	return strings.Fields(`c d e y l p n w u v q Shift-A Shift-N Shift-S Shift-O Shift-J Shift-V Shift-P
		Ctrl-A Ctrl-C Ctrl-D Ctrl-E Ctrl-G Ctrl-P Ctrl-Q Ctrl-R Ctrl-S Ctrl-U Ctrl-W Ctrl-Z`)
}

func (p Plugin) check() error {
	switch {
	case p.Description == "" || p.Command == "" || len(p.Scopes) == 0:
		return errors.New("shortCut, description, scopes and command must be there")
	case !key.MatchString(p.ShortCut):
		return fmt.Errorf("%q is no key", p.ShortCut)
	case slices.Contains(taken(), p.ShortCut):
		return fmt.Errorf("%s means something else in k9s", p.ShortCut)
	}
	return nil
}

// collide returns an error for two actions on one key of one view.
func collide(plugins map[string]Plugin) error {
	names := map[string]string{}
	for name, plugin := range plugins {
		for _, scope := range plugin.Scopes {
			action := plugin.ShortCut + " on " + scope
			if former, ok := names[action]; ok {
				return fmt.Errorf("%s is %s and %s", action, former, name)
			}
			names[action] = name
		}
	}
	return nil
}

// variable matches k9s's variables, from internal/view/env.go.
var variable = regexp.MustCompile(`\$!?([\w\-]+)|\$\{!?([\w\-%/: ]+)\}`)

// Words returns the arguments with which k9s starts the command, each one word, whatever it
// contains. A variable that row lacks is an error; k9s would not replace it.
func (p Plugin) Words(row map[string]string) ([]string, error) {
	var words []string
	var missing []error
	for _, arg := range p.Args {
		words = append(words, variable.ReplaceAllStringFunc(arg, func(reference string) string {
			value, ok := row[strings.Trim(reference, "${!}")]
			if !ok {
				missing = append(missing, fmt.Errorf("k9s knows no %s", reference))
			}
			return value
		}))
	}
	return words, errors.Join(missing...)
}
