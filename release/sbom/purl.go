package sbom

import (
	"net/url"
	"runtime/debug"
	"strings"
)

// modulePURL names a module as purl's rules for Go want it: in small letters, with a +
// in the version written as %2B.
func modulePURL(path, version string) string {
	return "pkg:golang/" + strings.ToLower(path) + "@" + url.QueryEscape(version)
}

// programPURL names a program of a module, built for one platform.
func programPURL(info *debug.BuildInfo, version string) string {
	purl := modulePURL(info.Main.Path, version) + "?goarch=" + setting(info, "GOARCH") + "&goos=" + setting(info, "GOOS")
	if folder, below := strings.CutPrefix(info.Path, info.Main.Path+"/"); below {
		purl += "#" + folder
	}
	return purl
}

func setting(info *debug.BuildInfo, key string) string {
	for _, setting := range info.Settings {
		if setting.Key == key {
			return setting.Value
		}
	}
	return "unknown"
}
