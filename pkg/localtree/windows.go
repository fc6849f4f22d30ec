package localtree

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// longestOnWindows is how many UTF-16 units one part of a path may have there.
const longestOnWindows = 255

// windowsName refuses a slash-separated name that is invalid on Windows, by the rules of
// Microsoft's page "Naming Files, Paths, and Namespaces". It does not rely on the file
// system, which would use some of these names for another file ("a." for "a"), for a
// stream of a file ("a:b") or for a device ("nul.txt"), different in each version.
func windowsName(name string) error {
	if !utf8.ValidString(name) {
		return refuse("name is not UTF-8, which Windows requires")
	}
	if i := strings.IndexFunc(name, unknownToWindows); i >= 0 {
		return refuse("name contains %q, which Windows does not allow", name[i:i+1])
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case strings.HasSuffix(part, "."), strings.HasSuffix(part, " "):
			return refuse("%q in its path ends with a dot or a space, which Windows removes", part)
		case isDevice(part):
			return refuse("%q in its path is a device name on Windows", part)
		case len(utf16.Encode([]rune(part))) > longestOnWindows:
			return refuse("a part of its path exceeds %d characters, the limit on Windows", longestOnWindows)
		}
	}
	return nil
}

func unknownToWindows(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"|?*\`, r) }

// isDevice reports whether part is the name of a device. An extension, and spaces before
// it, do not change that.
func isDevice(part string) bool {
	base, _, _ := strings.Cut(part, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}, base) {
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.ContainsAny(port, "0123456789¹²³")
}
