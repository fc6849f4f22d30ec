package volume

import (
	"cmp"
	"errors"
	"fmt"
	"path"
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
// there is to choose from.
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
			return Choice{}, fmt.Errorf("%q and %q are on different volumes: fetch them one after the other", paths[0], p)
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
		return fmt.Errorf("it mounts its volumes read-only (%s), so it left no results on one", describe(mounts))
	}
	return errors.New("it has no volume: what it wrote ended with its container (run --results SIZE keeps it)")
}

// chooseWhole finds the volume to copy whole, where no path was given. One that
// run did not make for results may be the lab's data set: that needs a path.
func chooseWhole(writable []Mounted, results string) (Choice, error) {
	if m, ok := mountOf(writable, results); ok {
		return Choice{Mounted: m, Paths: []string{"."}, All: true}, nil
	}
	if len(writable) > 1 {
		return Choice{}, fmt.Errorf("it writes to more than one volume (%s): name the PATH to fetch", describe(writable))
	}
	return Choice{}, fmt.Errorf("it writes to %s, which run did not make for results: name the PATH to fetch, / for all of it", describe(writable))
}

// locate returns the mount that holds p and p relative to it.
func locate(writable []Mounted, results, p string) (Mounted, string, error) {
	absolute := strings.HasPrefix(p, "/")
	clean := path.Clean(p)
	if absolute && clean != "/" {
		m, relative, ok := locateAbsolute(writable, results, clean)
		if !ok {
			return Mounted{}, "", fmt.Errorf("%q is not on a volume that it writes to (%s)", p, describe(writable))
		}
		return m, relative, nil
	}
	relative := strings.TrimPrefix(clean, "/")
	if relative == "" {
		relative = "."
	}
	if outside(relative) {
		return Mounted{}, "", fmt.Errorf("%q leads out of the volume", p)
	}
	if m, ok := mountOf(writable, results); ok {
		return m, relative, nil
	}
	if len(writable) > 1 {
		return Mounted{}, "", fmt.Errorf("%q could be on more than one volume (%s): write it as the job saw it", p, describe(writable))
	}
	return writable[0], relative, nil
}

// locateAbsolute prefers the results claim, then the longest mount path.
func locateAbsolute(writable []Mounted, results, p string) (m Mounted, relative string, ok bool) {
	holding := slices.DeleteFunc(slices.Clone(writable), func(m Mounted) bool { return !holds(m.Path, p) })
	if len(holding) == 0 {
		return Mounted{}, "", false
	}
	slices.SortStableFunc(holding, func(a, b Mounted) int { return cmp.Compare(len(b.Path), len(a.Path)) })
	m = holding[0]
	if made, ok := mountOf(holding, results); ok {
		m = made
	}
	return m, relativeTo(m.Path, p), true
}

func mountOf(mounts []Mounted, claim string) (Mounted, bool) {
	for _, whole := range []bool{true, false} { // the whole volume before a folder of it
		i := slices.IndexFunc(mounts, func(m Mounted) bool { return claim != "" && m.Claim == claim && (m.SubPath == "") == whole })
		if i >= 0 {
			return mounts[i], true
		}
	}
	return Mounted{}, false
}

func holds(folder, p string) bool {
	return folder == "/" || p == folder || strings.HasPrefix(p, folder+"/")
}

func relativeTo(folder, p string) string {
	if relative := strings.TrimPrefix(strings.TrimPrefix(p, folder), "/"); relative != "" {
		return relative
	}
	return "."
}

func describe(mounts []Mounted) string {
	var parts []string
	for _, m := range mounts {
		parts = append(parts, fmt.Sprintf("claim %s at %s", m.Claim, m.Path))
	}
	return strings.Join(parts, ", ")
}
