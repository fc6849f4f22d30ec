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
	candidates := distinct(ofResults(writable, results))
	if len(candidates) == 0 {
		candidates = distinct(ofMain(writable))
	}
	if len(candidates) > 1 {
		return Mounted{}, "", fmt.Errorf("path %q is ambiguous: it can be on more than one volume (%s); use the absolute path in the container", p, describe(candidates))
	}
	return candidates[0], relative, nil
}

// locateAbsolute prefers the results claim, then the longest mount path.
func locateAbsolute(writable []Mounted, results, clean, p string) (Mounted, string, error) {
	candidates := slices.DeleteFunc(slices.Clone(writable), func(m Mounted) bool { return !holds(m.Path, clean) })
	if len(candidates) == 0 {
		return Mounted{}, "", fmt.Errorf("path %q is not on a volume that the job writes to (%s)", p, describe(writable))
	}
	if inResults := ofResults(candidates, results); len(inResults) > 0 {
		candidates = inResults
	}
	longest := slices.MaxFunc(candidates, func(a, b Mounted) int { return cmp.Compare(len(a.Path), len(b.Path)) }).Path
	matches := distinct(slices.DeleteFunc(candidates, func(m Mounted) bool { return m.Path != longest }))
	if len(matches) > 1 {
		return Mounted{}, "", &AmbiguousError{Path: longest, Mounts: matches}
	}
	return matches[0], relativeTo(longest, clean), nil
}

// AmbiguousError means that containers of a job mount different volumes at one path.
type AmbiguousError struct {
	Path   string
	Mounts []Mounted
}

// Error implements error.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("more than one volume or sub-path is mounted at %s (%s); specify the claim and the path on it", e.Path, describe(e.Mounts))
}

// ofResults returns the mounts of the results claim: the mounts of the whole volume, or if there are none,
// the mounts of parts of it.
func ofResults(mounts []Mounted, claim string) []Mounted {
	filter := func(whole bool) []Mounted {
		return slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool {
			return claim == "" || m.Claim != claim || (m.SubPath == "" && !m.Varies) != whole
		})
	}
	if whole := filter(true); len(whole) > 0 {
		return whole
	}
	return filter(false)
}

// ofMain omits the mounts of init containers, if other containers mount something.
func ofMain(mounts []Mounted) []Mounted {
	main := slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool { return m.Init })
	if len(main) == 0 {
		return mounts
	}
	return main
}

// distinct returns the first mount of each claim and sub-path.
func distinct(mounts []Mounted) []Mounted {
	type location struct{ claim, subPath, tasks string }
	used := map[location]bool{}
	return slices.DeleteFunc(slices.Clone(mounts), func(m Mounted) bool {
		key := location{m.Claim, m.SubPath, m.TaskPath}
		duplicate := used[key]
		used[key] = true
		return duplicate
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
