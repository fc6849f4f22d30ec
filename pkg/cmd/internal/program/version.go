package program

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// Describe returns the version, commit, Go version and platform of a build. The values that a release sets take precedence
// over Go's build information.
func Describe(info *debug.BuildInfo, release, commit string) string {
	if release == "" {
		release = info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && commit == "" {
			commit = setting.Value
		}
	}
	words := []string{"kubectl-batch", release, commit, info.GoVersion, runtime.GOOS + "/" + runtime.GOARCH}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}
