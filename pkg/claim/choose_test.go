package claim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

func mountedAt(pvc, path string) claim.Mounted {
	return claim.Mounted{Container: "main", Mount: claim.Mount{Claim: pvc, Path: path}}
}

func readOnly(m claim.Mounted) claim.Mounted {
	m.ReadOnly = true
	return m
}

func TestChoose(t *testing.T) {
	results := mountedAt("train-results", "/results")
	data, database := mountedAt("data", "/data"), mountedAt("db", "/database")
	inner, root := mountedAt("inner", "/data/inner"), mountedAt("all", "/")
	choice := func(m claim.Mounted, paths ...string) claim.Choice {
		return claim.Choice{Mounted: m, Paths: paths, All: len(paths) == 1 && paths[0] == "."}
	}
	for name, test := range map[string]struct {
		mounts  []claim.Mounted
		results string
		paths   []string
		want    claim.Choice
	}{
		"the results claim":                {[]claim.Mounted{data, results}, "train-results", nil, choice(results, ".")},
		"/ is all of the results claim":    {[]claim.Mounted{data, results}, "train-results", []string{"/"}, choice(results, ".")},
		"/ is all of the only claim":       {[]claim.Mounted{data}, "", []string{"/"}, choice(data, ".")},
		"the mount itself":                 {[]claim.Mounted{data, results}, "train-results", []string{"/results/"}, choice(results, ".")},
		"as the job saw it":                {[]claim.Mounted{data, results}, "train-results", []string{"/results/a/model.pt"}, choice(results, "a/model.pt")},
		"on another claim":                 {[]claim.Mounted{data, results}, "train-results", []string{"/data/x"}, choice(data, "x")},
		"relative to the results":          {[]claim.Mounted{data, results}, "train-results", []string{"a/./b//c"}, choice(results, "a/b/c")},
		"relative to the only one":         {[]claim.Mounted{data, readOnly(database)}, "", []string{"a"}, choice(data, "a")},
		"a dot":                            {[]claim.Mounted{data}, "", []string{"."}, choice(data, ".")},
		"the longest mount":                {[]claim.Mounted{data, inner}, "", []string{"/data/inner/x"}, choice(inner, "x")},
		"beside the longest mount":         {[]claim.Mounted{inner, data}, "", []string{"/data/innermost"}, choice(data, "innermost")},
		"a look-alike":                     {[]claim.Mounted{data, database}, "", []string{"/database/x"}, choice(database, "x")},
		"below /":                          {[]claim.Mounted{root, data}, "", []string{"/etc/x"}, choice(root, "etc/x")},
		"several":                          {[]claim.Mounted{data, results}, "train-results", []string{"/results/a", "b"}, choice(results, "a", "b")},
		"several, one of them all":         {[]claim.Mounted{results}, "train-results", []string{"/results/a", "/results"}, choice(results, ".")},
		"dots that stay inside":            {[]claim.Mounted{data}, "", []string{"/data/a/../b"}, choice(data, "b")},
		"read-only never counts":           {[]claim.Mounted{readOnly(data), results}, "", []string{"x"}, choice(results, "x")},
		"read-only never hides a longer":   {[]claim.Mounted{readOnly(inner), data}, "", []string{"/data/x"}, choice(data, "x")},
		"a name that begins with two dots": {[]claim.Mounted{data}, "", []string{"..x"}, choice(data, "..x")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := claim.Choose(test.mounts, test.results, test.paths)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v; want -, got +:\n%s", err, diff)
			}
		})
	}
}

func TestChooseRefuses(t *testing.T) {
	data, out := mountedAt("data", "/data"), mountedAt("out", "/out")
	results := mountedAt("train-results", "/results")
	for name, test := range map[string]struct {
		mounts  []claim.Mounted
		results string
		paths   []string
		want    string
	}{
		"no volume":                        {nil, "", nil, "it has no volume, so its files were lost when its container ended; use run --results=SIZE to keep results"},
		"only read":                        {[]claim.Mounted{readOnly(data)}, "", []string{"/data/x"}, "it mounts all of its volumes read-only (claim data at /data), so it wrote no results to them"},
		"whole, and not for results":       {[]claim.Mounted{data}, "", nil, "it writes to claim data at /data, which run did not create for results; specify the PATH to fetch, or / for the whole volume"},
		"whole, of several":                {[]claim.Mounted{data, out}, "", nil, "it writes to more than one volume (claim data at /data, claim out at /out); specify the PATH to fetch"},
		"relative to which?":               {[]claim.Mounted{data, out}, "", []string{"x"}, `path "x" is ambiguous: it can be on more than one volume (claim data at /data, claim out at /out); use the absolute path in the container`},
		"/ of which?":                      {[]claim.Mounted{data, out}, "", []string{"/"}, `path "/" is ambiguous: it can be on more than one volume (claim data at /data, claim out at /out); use the absolute path in the container`},
		"on none":                          {[]claim.Mounted{data}, "", []string{"/tmp/x"}, `path "/tmp/x" is not on a volume that the job writes to (claim data at /data)`},
		"a look-alike":                     {[]claim.Mounted{data}, "", []string{"/database"}, `path "/database" is not on a volume that the job writes to (claim data at /data)`},
		"out of it":                        {[]claim.Mounted{data}, "", []string{"../x"}, `path "../x" is outside the volume`},
		"out of it, deeper":                {[]claim.Mounted{data}, "", []string{"a/../../x"}, `path "a/../../x" is outside the volume`},
		"absolute and out of it":           {[]claim.Mounted{data}, "", []string{"/data/../x"}, `path "/data/../x" is not on a volume that the job writes to (claim data at /data)`},
		"on two volumes":                   {[]claim.Mounted{data, results}, "train-results", []string{"/results/a", "/data/b"}, `"/results/a" and "/data/b" are on different volumes; fetch them separately`},
		"results that are mounted no more": {[]claim.Mounted{data}, "train-results", nil, "run did not create for results"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := claim.Choose(test.mounts, test.results, test.paths)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v, %v; want an error with %q", got, err, test.want)
			}
		})
	}
}
