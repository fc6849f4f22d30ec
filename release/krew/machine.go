package krew

import (
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Machine is an operating system and an architecture, in Go's names.
type Machine struct {
	OS, Arch string
}

// String is OS/ARCH.
func (m Machine) String() string { return m.OS + "/" + m.Arch }

// Supported returns the machines that the checks of krew's index know.
func Supported() []Machine {
	return []Machine{
		{"darwin", "386"},
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"linux", "386"},
		{"linux", "amd64"},
		{"linux", "arm"},
		{"linux", "arm64"},
		{"linux", "ppc64le"},
		{"windows", "386"},
		{"windows", "amd64"},
		{"windows", "arm64"},
	}
}

// selects reports whether the archive is for a machine.
func (p Platform) selects(machine Machine) bool {
	selector, err := metav1.LabelSelectorAsSelector(p.Selector)
	return err == nil && selector.Matches(labels.Set{"os": machine.OS, "arch": machine.Arch})
}

// checkSelector refuses a selector that matches every machine, and one with labels that
// machines do not have.
func checkSelector(selector *metav1.LabelSelector) error {
	if selector == nil || len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return errors.New("selector is missing or empty")
	}
	if emptyMap(selector.MatchLabels) || selector.MatchExpressions != nil && len(selector.MatchExpressions) == 0 {
		return errors.New("selector has an empty part")
	}
	for _, key := range keys(selector) {
		if key != "os" && key != "arch" {
			return fmt.Errorf("selector uses label %q; only os and arch are supported", key)
		}
	}
	_, err := metav1.LabelSelectorAsSelector(selector)
	return err
}

func emptyMap(m map[string]string) bool { return m != nil && len(m) == 0 }

// keys returns the label keys of a selector, in order.
func keys(selector *metav1.LabelSelector) []string {
	var result []string
	for key := range selector.MatchLabels {
		result = append(result, key)
	}
	for _, expression := range selector.MatchExpressions {
		result = append(result, expression.Key)
	}
	slices.Sort(result)
	return result
}

// checkCoverage wants one archive at most for each machine, and a machine for each
// archive.
func checkCoverage(platforms []Platform) error {
	var faults []error
	used := make([]bool, len(platforms))
	for _, machine := range Supported() {
		var matching []int
		for i, p := range platforms {
			if p.selects(machine) {
				matching = append(matching, i)
				used[i] = true
			}
		}
		if len(matching) > 1 {
			faults = append(faults, fmt.Errorf("platforms %v all match %s", matching, machine))
		}
	}
	for i, isUsed := range used {
		if !isUsed {
			faults = append(faults, fmt.Errorf("platform %d matches no machine that krew supports", i))
		}
	}
	return errors.Join(faults...)
}
