package claim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Choice is the claim of a job that holds what was asked for.
type Choice struct {
	Mounted
	// Paths are relative to the mount, slash-separated and clean; "." for all of it.
	Paths []string
	// All means that the whole volume was asked for, so the fetch is a whole one.
	All bool
}

// Choose finds the one claim of a job that holds paths. results names the claim
// that run made for the job's results, "" where there is none. A path is as the
// job saw it (/results/model.pt), or relative to the volume, or / for all of it.
// Mounts that are read-only never count. Errors are sentences that list what
// there is to choose from. A claim of an ephemeral volume holds nothing but results.
func Choose(mounts []Mounted, results string, paths []string) (Choice, error) {
	writable := slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool { return m.ReadOnly })
	if len(writable) == 0 {
		return Choice{}, noneWritable(mounts)
	}
	if len(paths) == 0 {
		return chooseWhole(writable, results)
	}
	var choice Choice
	for i, p := range paths {
		m, relative, err := locate(writable, results, p)
		if err != nil {
			return Choice{}, err
		}
		if i > 0 && m.Mount != choice.Mount {
			return Choice{}, fmt.Errorf("%q and %q are on different volumes; fetch them separately", paths[0], p)
		}
		choice.Mounted, choice.Paths = m, append(choice.Paths, relative)
	}
	if choice.All = slices.Contains(choice.Paths, "."); choice.All {
		choice.Paths = []string{"."}
	}
	return choice, nil
}

func noneWritable(mounts []Mounted) error {
	if len(mounts) > 0 {
		return fmt.Errorf("it mounts all of its volumes read-only (%s), so it wrote no results to them", describe(mounts))
	}
	return errors.New("it has no volume, so its files were lost when its container ended; use run --results=SIZE to keep results")
}

// chooseWhole finds the volume to copy whole, where no path was given. One that
// run did not make for results may be the lab's data set: that needs a path.
func chooseWhole(writable []Mounted, results string) (Choice, error) {
	found := distinct(ofResults(writable, results))
	if len(found) == 0 {
		found = distinct(ofMain(writable))
	}
	switch {
	case len(found) > 1:
		return Choice{}, fmt.Errorf("it writes to more than one volume (%s); specify the PATH to fetch", describe(found))
	case found[0].Claim == results, found[0].Pod != "":
		return Choice{Mounted: found[0], Paths: []string{"."}, All: true}, nil
	}
	return Choice{}, fmt.Errorf("it writes to %s, which run did not create for results; specify the PATH to fetch, or / for the whole volume", describe(found))
}

func describe(mounts []Mounted) string {
	var parts []string
	for _, m := range mounts {
		part := fmt.Sprintf("claim %s at %s", m.Claim, m.Path)
		if ambiguous(mounts, m) {
			part = fmt.Sprintf("claim %s at %s in container %s", m.Claim, m.Path, m.Container)
			if m.SubPath != "" {
				part = fmt.Sprintf("claim %s, sub-path %s, at %s in container %s", m.Claim, m.SubPath, m.Path, m.Container)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// ambiguous reports whether another of mounts is at the path of m.
func ambiguous(mounts []Mounted, m Mounted) bool {
	return slices.ContainsFunc(mounts, func(other Mounted) bool { return other.Path == m.Path && other.Mount != m.Mount })
}
