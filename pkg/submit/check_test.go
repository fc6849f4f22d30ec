package submit_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// The path of the results claim counts, wherever the base job has it. The replaced results claim of a manifest does
// not count.
func TestMountPaths(t *testing.T) {
	data := faketest.Claim("data", "1Gi", corev1.ClaimBound)
	for name, test := range map[string]struct {
		objects []runtime.Object
		request submit.Request
		// parsed and resolved are the paths that are refused before and by Resolve; "" for none.
		parsed, resolved string
		// path is where the results claim is mounted.
		path string
	}{
		"default path of a new job":               {nil, newJob(createResults, mounts("/results")), "/results", "/results", ""},
		"default path that the base does not use": {[]runtime.Object{oldJob("old-results", "/data"), data}, newJob(repeat, createResults, mounts("/results")), "", "", "/data"},
		"path of the base":                        {[]runtime.Object{oldJob("old-results", "/data"), data}, newJob(repeat, createResults, mounts("/data")), "", "/data", ""},
		"default path of a base without results":  {[]runtime.Object{faketest.Job("old"), data}, newJob(repeat, createResults, mounts("/results")), "", "/results", ""},
		"requested path":                          {[]runtime.Object{oldJob("old-results", "/data"), data}, newJob(repeat, createResults, mounts("/out"), mountedAt("/out")), "/out", "/out", ""},
		"path of the manifest":                    {nil, newJob(ofManifest(oldJob("old-results", "/data")), createResults), "", "", "/data"},
		"requested path of the manifest":          {nil, newJob(ofManifest(oldJob("old-results", "/data")), createResults, mountedAt("/data")), "", "", "/data"},
		"free path of the manifest":               {[]runtime.Object{data}, newJob(ofManifest(oldJob("old-results", "/data")), createResults, mountedAt("/out"), mounts("/data")), "", "", "/out"},
		"used path of the manifest":               {[]runtime.Object{data}, newJob(ofManifest(oldJob("old-results", "/data")), createResults, mounts("/data")), "", "/data", ""},
		"results of the manifest are kept":        {[]runtime.Object{data}, newJob(ofManifest(oldJob("old-results", "/data")), mounts("/data")), "/data", "/data", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			checkMountError(t, test.request.CheckMountPaths(), test.parsed)
			plan, err := submit.Resolve(t.Context(), connect(t, faketest.New(test.objects...), &said), test.request)
			checkMountError(t, err, test.resolved)
			if err == nil && settingsOf(plan).Path != test.path {
				t.Errorf("%+v; want path %s", settingsOf(plan), test.path)
			}
		})
	}
}

// checkMountError compares an error with the path that is refused, "" for none.
func checkMountError(t *testing.T, err error, path string) {
	t.Helper()
	if (err != nil) != (path != "") || err != nil && !strings.Contains(err.Error(), "have the same mount path "+path+";") {
		t.Errorf("%v; want refused path %q", err, path)
	}
}
