package claim

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// locate returns the mount that holds p and p relative to it.
func locate(writable []Mounted, results, p string) (Mounted, string, error) {
	clean := path.Clean(p)
	if strings.HasPrefix(p, "/") && clean != "/" {
		return locateAbsolute(writable, results, clean, p)
	}
	relative := strings.TrimPrefix(clean, "/")
	if relative == "" {
		relative = "."
	}
	if outside(relative) {
		return Mounted{}, "", fmt.Errorf("path %q is outside the volume", p)
	}
	found := distinct(ofResults(writable, results))
	if len(found) == 0 {
		found = distinct(ofMain(writable))
	}
	if len(found) > 1 {
		return Mounted{}, "", fmt.Errorf("path %q is ambiguous: it can be on more than one volume (%s); use the absolute path in the container", p, describe(found))
	}
	return found[0], relative, nil
}

// locateAbsolute prefers the results claim, then the longest mount path.
func locateAbsolute(writable []Mounted, results, clean, p string) (Mounted, string, error) {
	holding := slices.DeleteFunc(slices.Clone(writable), func(m Mounted) bool { return !holds(m.Path, clean) })
	if len(holding) == 0 {
		return Mounted{}, "", fmt.Errorf("path %q is not on a volume that the job writes to (%s)", p, describe(writable))
	}
	if of := ofResults(holding, results); len(of) > 0 {
		holding = of
	}
	longest := slices.MaxFunc(holding, func(a, b Mounted) int { return cmp.Compare(len(a.Path), len(b.Path)) }).Path
	found := distinct(slices.DeleteFunc(holding, func(m Mounted) bool { return m.Path != longest }))
	if len(found) > 1 {
		return Mounted{}, "", &AmbiguousError{Path: longest, Mounts: found}
	}
	return found[0], relativeTo(longest, clean), nil
}

// AmbiguousError says that containers of a job mount different things at one path.
type AmbiguousError struct {
	Path   string
	Mounts []Mounted
}

// Error implements error.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("more than one volume or sub-path is mounted at %s (%s); specify the claim and the path on it", e.Path, describe(e.Mounts))
}

// ofResults returns the mounts of the results claim: those of the whole volume, else
// those of parts of it.
func ofResults(mounts []Mounted, claim string) []Mounted {
	of := func(whole bool) []Mounted {
		return slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool {
			return claim == "" || m.Claim != claim || (m.SubPath == "" && !m.Varies) != whole
		})
	}
	if whole := of(true); len(whole) > 0 {
		return whole
	}
	return of(false)
}

// ofMain leaves out what only init containers mount, where others mount something.
func ofMain(mounts []Mounted) []Mounted {
	main := slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool { return m.Init })
	if len(main) == 0 {
		return mounts
	}
	return main
}

// distinct returns the first mount of each claim and sub-path.
func distinct(mounts []Mounted) []Mounted {
	type place struct{ claim, subPath, tasks string }
	seen := map[place]bool{}
	return slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool {
		at := place{m.Claim, m.SubPath, m.TaskPath}
		again := seen[at]
		seen[at] = true
		return again
	})
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
