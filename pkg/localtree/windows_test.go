package localtree

import (
	"runtime"
	"strings"
	"testing"
)

const (
	strange = ", which Windows does not allow"
	ending  = " in its path ends with a dot or a space, which Windows removes"
	device  = " in its path is a device name on Windows"
	tooLong = "a part of its path exceeds 255 characters, the limit on Windows"
	noText  = "name is not UTF-8, which Windows requires"
)

// windowsNames are names and why Windows cannot have them; empty: it can.
func windowsNames() map[string]string {
	return map[string]string{
		"a<b": `name contains "<"` + strange, "a>b": `name contains ">"` + strange,
		"a:b": `name contains ":"` + strange, "C:": `name contains ":"` + strange, "C:/x": `name contains ":"` + strange,
		`a"b`: `name contains "\""` + strange, "a|b": `name contains "|"` + strange,
		"a?b": `name contains "?"` + strange, "d/*": `name contains "*"` + strange,
		`a\b`: `name contains "\\"` + strange, `..\x`: `name contains "\\"` + strange, `\\host\share`: `name contains "\\"` + strange,
		"new\nline": `name contains "\n"` + strange, "\x01": `name contains "\x01"` + strange, "d\x1f/x": `name contains "\x1f"` + strange,
		"a\x7fb": "", "a\u0085b": "", "ünïcödé ☃ 😀": "", "a'b`c$d%e!f^g&h(i)j{k}l[m]n=o+p,q;r~s#t@u": "",

		"a.": `"a."` + ending, "a..": `"a.."` + ending, "...": `"..."` + ending, "d./x": `"d."` + ending,
		"a ": `"a "` + ending, " ": `" "` + ending, ".. /.. /x": `".. "` + ending, "a. ": `"a. "` + ending, "d/e /x": `"e "` + ending,
		" a": "", ".a": "", "..two": "", "a. b": "", "a..b": "", "a\u00a0": "",

		"CON": `"CON"` + device, "prn": `"prn"` + device, "Aux": `"Aux"` + device, "d/nul": `"nul"` + device, "nul/x": `"nul"` + device,
		"CONIN$": `"CONIN$"` + device, "conout$.log": `"conout$.log"` + device,
		"NUL.tar.gz": `"NUL.tar.gz"` + device, "con.txt": `"con.txt"` + device, "aux .c": `"aux .c"` + device, "com1. x": `"com1. x"` + device,
		"COM0": `"COM0"` + device, "com1": `"com1"` + device, "Com9.log": `"Com9.log"` + device, "COM¹": `"COM¹"` + device, "com².x": `"com².x"` + device, "COM³": `"COM³"` + device,
		"LPT0": `"LPT0"` + device, "lpt1": `"lpt1"` + device, "lpt9.a.b": `"lpt9.a.b"` + device, "LPT¹": `"LPT¹"` + device, "lpt²": `"lpt²"` + device, "LPT³": `"LPT³"` + device,
		"console.txt": "", "a.com1": "", "annul": "", "nulls": "", "nul_": "", "com": "", "com10": "", "COM⁴": "", "lpt": "", "lptx": "", "lpt12": "",
		"icon": "", "conin": "", "CONIN$1": "", "auxiliary/com1x": "", " con": "", "com 1": "", "clock$": "", ".nul": "",

		strings.Repeat("a", 255): "", strings.Repeat("a", 256): tooLong, strings.Repeat("ü", 255): "", strings.Repeat("ü", 256) + "/x": tooLong,
		strings.Repeat("😀", 127) + "a": "", strings.Repeat("😀", 128): tooLong, strings.Repeat("a", 200) + "/" + strings.Repeat("b", 200): "",

		"\xff": noText, "d/a\xc3": noText, "\xed\xa0\x80": noText,
	}
}

func TestWindowsNames(t *testing.T) {
	for name, want := range windowsNames() {
		got := ""
		if err := windowsName(name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// The rules are those of Windows only, and there they are all asked, of links too.
func TestWindowsNamesAreRefusedThere(t *testing.T) {
	for name, reason := range windowsNames() {
		_, err := localName(name)
		_, linkErr := (*Layout)(nil).LinkTarget("link", name)
		if refused := runtime.GOOS == "windows" && reason != ""; (err != nil) != refused || (linkErr != nil) != refused {
			t.Errorf("%q: %v; as a link %v", name, err, linkErr)
		}
	}
}
