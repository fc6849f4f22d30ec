package volume

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

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
