package claim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Choice is the claim of a job that holds the requested paths.
type Choice struct {
	Mounted
	// Paths are relative to the mount, slash-separated and clean; "." for all of it.
	Paths []string
	// All means that the whole volume was requested, so the fetch is complete.
	All bool
}

// Choose finds the one claim of a job that holds paths. results is the name of the claim
// that run created for the job's results, "" for none. A path is absolute as in the
// job's container (/results/model.pt), or relative to the volume, or / for the whole volume.
// Read-only mounts never count. An error is a sentence that lists the
// candidates. An ephemeral volume is treated like a results claim.
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

// chooseWhole finds the volume to copy completely when no path was given. A volume that
// run did not create for results may be a shared data set: that requires a path.
func chooseWhole(writable []Mounted, results string) (Choice, error) {
	candidates := distinct(ofResults(writable, results))
	if len(candidates) == 0 {
		candidates = distinct(ofMain(writable))
	}
	switch {
	case len(candidates) > 1:
		return Choice{}, fmt.Errorf("it writes to more than one volume (%s); specify the PATH to fetch", describe(candidates))
	case candidates[0].Claim == results, candidates[0].Pod != "":
		return Choice{Mounted: candidates[0], Paths: []string{"."}, All: true}, nil
	}
	return Choice{}, fmt.Errorf("it writes to %s, which run did not create for results; specify the PATH to fetch, or / for the whole volume", describe(candidates))
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
	return slices.ContainsFunc(mounts, func(mount Mounted) bool { return mount.Path == m.Path && mount.Mount != m.Mount })
}
