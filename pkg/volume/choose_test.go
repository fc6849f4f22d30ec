package volume_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

func at(claim, path string) volume.Mounted {
	return volume.Mounted{Container: "main", Mount: volume.Mount{Claim: claim, Path: path}}
}

func readOnly(m volume.Mounted) volume.Mounted {
	m.ReadOnly = true
	return m
}

func TestChoose(t *testing.T) {
	results, data, database := at("train-results", "/results"), at("data", "/data"), at("db", "/database")
	inner, root := at("inner", "/data/inner"), at("all", "/")
	of := func(m volume.Mounted, paths ...string) volume.Choice {
		return volume.Choice{Mounted: m, Paths: paths, All: len(paths) == 1 && paths[0] == "."}
	}
	for name, test := range map[string]struct {
		mounts  []volume.Mounted
		results string
		paths   []string
		want    volume.Choice
	}{
		"the results claim":                {[]volume.Mounted{data, results}, "train-results", nil, of(results, ".")},
		"/ is all of the results claim":    {[]volume.Mounted{data, results}, "train-results", []string{"/"}, of(results, ".")},
		"/ is all of the only claim":       {[]volume.Mounted{data}, "", []string{"/"}, of(data, ".")},
		"the mount itself":                 {[]volume.Mounted{data, results}, "train-results", []string{"/results/"}, of(results, ".")},
		"as the job saw it":                {[]volume.Mounted{data, results}, "train-results", []string{"/results/a/model.pt"}, of(results, "a/model.pt")},
		"on another claim":                 {[]volume.Mounted{data, results}, "train-results", []string{"/data/x"}, of(data, "x")},
		"relative to the results":          {[]volume.Mounted{data, results}, "train-results", []string{"a/./b//c"}, of(results, "a/b/c")},
		"relative to the only one":         {[]volume.Mounted{data, readOnly(database)}, "", []string{"a"}, of(data, "a")},
		"a dot":                            {[]volume.Mounted{data}, "", []string{"."}, of(data, ".")},
		"the longest mount":                {[]volume.Mounted{data, inner}, "", []string{"/data/inner/x"}, of(inner, "x")},
		"beside the longest mount":         {[]volume.Mounted{inner, data}, "", []string{"/data/innermost"}, of(data, "innermost")},
		"a look-alike":                     {[]volume.Mounted{data, database}, "", []string{"/database/x"}, of(database, "x")},
		"below /":                          {[]volume.Mounted{root, data}, "", []string{"/etc/x"}, of(root, "etc/x")},
		"several":                          {[]volume.Mounted{data, results}, "train-results", []string{"/results/a", "b"}, of(results, "a", "b")},
		"several, one of them all":         {[]volume.Mounted{results}, "train-results", []string{"/results/a", "/results"}, of(results, ".")},
		"dots that stay inside":            {[]volume.Mounted{data}, "", []string{"/data/a/../b"}, of(data, "b")},
		"read-only never counts":           {[]volume.Mounted{readOnly(data), results}, "", []string{"x"}, of(results, "x")},
		"read-only never hides a longer":   {[]volume.Mounted{readOnly(inner), data}, "", []string{"/data/x"}, of(data, "x")},
		"a name that begins with two dots": {[]volume.Mounted{data}, "", []string{"..x"}, of(data, "..x")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := volume.Choose(test.mounts, test.results, test.paths)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v; want -, got +:\n%s", err, diff)
			}
		})
	}
}

func TestChooseRefuses(t *testing.T) {
	data, out, results := at("data", "/data"), at("out", "/out"), at("train-results", "/results")
	for name, test := range map[string]struct {
		mounts  []volume.Mounted
		results string
		paths   []string
		want    string
	}{
		"no volume":                        {nil, "", nil, "it has no volume, so its files were lost when its container ended; use run --results=SIZE to keep results"},
		"only read":                        {[]volume.Mounted{readOnly(data)}, "", []string{"/data/x"}, "it mounts all of its volumes read-only (claim data at /data), so it wrote no results to them"},
		"whole, and not for results":       {[]volume.Mounted{data}, "", nil, "it writes to claim data at /data, which run did not create for results; specify the PATH to fetch, or / for the whole volume"},
		"whole, of several":                {[]volume.Mounted{data, out}, "", nil, "it writes to more than one volume (claim data at /data, claim out at /out); specify the PATH to fetch"},
		"relative to which?":               {[]volume.Mounted{data, out}, "", []string{"x"}, `path "x" is ambiguous: it can be on more than one volume (claim data at /data, claim out at /out); use the absolute path in the container`},
		"/ of which?":                      {[]volume.Mounted{data, out}, "", []string{"/"}, `path "/" is ambiguous: it can be on more than one volume (claim data at /data, claim out at /out); use the absolute path in the container`},
		"on none":                          {[]volume.Mounted{data}, "", []string{"/tmp/x"}, `path "/tmp/x" is not on a volume that the job writes to (claim data at /data)`},
		"a look-alike":                     {[]volume.Mounted{data}, "", []string{"/database"}, `path "/database" is not on a volume that the job writes to (claim data at /data)`},
		"out of it":                        {[]volume.Mounted{data}, "", []string{"../x"}, `path "../x" is outside the volume`},
		"out of it, deeper":                {[]volume.Mounted{data}, "", []string{"a/../../x"}, `path "a/../../x" is outside the volume`},
		"absolute and out of it":           {[]volume.Mounted{data}, "", []string{"/data/../x"}, `path "/data/../x" is not on a volume that the job writes to (claim data at /data)`},
		"on two volumes":                   {[]volume.Mounted{data, results}, "train-results", []string{"/results/a", "/data/b"}, `"/results/a" and "/data/b" are on different volumes; fetch them separately`},
		"results that are mounted no more": {[]volume.Mounted{data}, "train-results", nil, "run did not create for results"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := volume.Choose(test.mounts, test.results, test.paths)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v, %v; want an error with %q", got, err, test.want)
			}
		})
	}
}
