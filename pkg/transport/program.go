package transport

import (
	"errors"
	"regexp"

	"k8s.io/client-go/util/exec"
)

// shellMissing matches the errors of runc, crun and kubelets for a container without sh. It
// does not match errors about other missing files, after which an exec may succeed.
var shellMissing = regexp.MustCompile(`"(?:/\S*/)?sh": (?:executable file not found in \$PATH|(?:stat \S+: )?no such file or directory)` +
	"|executable file [`'\"]?(?:/\\S*/)?sh[`'\"]? not found in \\$PATH" +
	`|exec \S*sh: no such file or directory|^sh: no such file or directory`)

// LacksShell reports whether a container runtime says that the image has no sh.
func LacksShell(text string) bool { return shellMissing.MatchString(text) }

// NoShell reports whether err, of an exec that runs sh, says that the image has none.
func NoShell(err error) bool {
	var ended exec.ExitError
	if errors.As(err, &ended) && (ended.ExitStatus() == 126 || ended.ExitStatus() == 127) {
		return true
	}
	return LacksShell(err.Error())
}
