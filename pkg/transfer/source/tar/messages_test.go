package tar

import (
	"fmt"
	"slices"
	"testing"
)

// TestOnlyChangedFiles: what tar says of changed files counts where it says nothing else.
func TestOnlyChangedFiles(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil,
		"tar: ./log: file changed as we read it\ntar: ./d\\303\\244: file changed as we read it\n": {"./log", "./dä"},
		"tar: ./log: file changed as we read it\ntar: ./x: File removed before we read it\n":       nil,
		"tar: ./log: File shrank by 5 bytes; padding with zeros\n":                                 nil,
	} {
		m := newMessages()
		if _, err := fmt.Fprint(m, text); err != nil {
			t.Fatal(err)
		}
		if names := m.changed(); !slices.Equal(names, want) {
			t.Errorf("%q: %q", text, names)
		}
	}
}

// TestSocketsAreNoFaults: of what tar writes only the lines about sockets are no faults.
func TestSocketsAreNoFaults(t *testing.T) {
	m := newMessages()
	_, err := fmt.Fprint(m, "tar: ./s: socket ignored\ntar: ./f: file changed as we read it\ntar: ./d/nl\\ny\\:\\303\\244 \\\\: socket ignored\r\n"+
		"tar: : socket ignored\nother: ./s: socket ignored\ntar: ./last: socket ignored")
	if err != nil {
		t.Fatal(err)
	}
	names, lines := m.takeSockets(), m.lines()
	if want := []string{"./s", "./d/nl\ny:ä \\", "./last"}; !slices.Equal(names, want) {
		t.Errorf("names: %q", names)
	}
	if want := []string{"tar: ./f: file changed as we read it", "tar: : socket ignored", "other: ./s: socket ignored"}; !slices.Equal(lines, want) {
		t.Errorf("lines: %q", lines)
	}
}
