package helper

import "testing"

// Known messages about the container are final; the same words about something else are not.
func TestFault(t *testing.T) {
	for line, want := range map[string]bool{
		"sh: can't create /agent/.part-X: Read-only file system":                true,
		"sh: 24: cannot create /agent/none/.part-X: Directory nonexistent":      true,
		"sh: line 24: /agent/.part-X: No such file or directory":                true,
		"sh: can't create /agent/none/.part-X: nonexistent directory":           true,
		"gzip: stdout: No space left on device":                                 true,
		"cat: write error: No space left on device":                             true,
		"/bin/sh: 18: uname: not found":                                         true,
		"sh: line 18: uname: command not found":                                 true,
		"chmod: /agent/.part-X: Operation not permitted":                        true,
		`failed to create exec session: container "helper" not found`:           false,
		"error: unable to upgrade connection: container not found (\"helper\")": false,
		"gzip: invalid magic":                                                   false,
		"gzip: stdin: unexpected end of file":                                   false,
		"sh: created a new session; node n1 not found yet":                      false,
		"proxy: Permission denied by policy, retry later":                       false,
	} {
		if got := fault([]string{"something else", line}); (got == line) != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}
