package results

import (
	"path/filepath"
	"testing"
)

func TestOutcomeSummary(t *testing.T) {
	const gibi = 1 << 30
	for want, out := range map[string]Outcome{
		"Fetched 1,204 files, 3.2 GiB (922 MiB over the network) in 14 s to ./train; every file verified": {
			Dir: "train", Files: 1204, Bytes: 16 * gibi / 5, WireBytes: 9 * gibi / 10, TotalSeconds: 14.2, Verified: true, Complete: true, Received: 16 * gibi / 5,
		},
		"Fetched 4 files, 1.0 MiB in 1.2 s to /tmp/x (1,200 already present); every file verified": {
			Dir: "/tmp/x", Files: 1204, Bytes: 3 * gibi, Kept: 1200, WireBytes: 1 << 20, TotalSeconds: 1.23, Verified: true, Complete: true, Received: 1 << 20,
		},
		"Fetched 2 files, 3 B in 1h2m5s to ./a; 1 not copied": {
			Dir: "./a/", Files: 2, TotalSeconds: 3725, Complete: true, Verified: true, Received: 3, Refused: []Entry{{}},
		},
		"Fetched 2 files, 3 B in 45 s to .; incomplete":                         {Dir: ".", Files: 2, TotalSeconds: 45, Received: 3},
		"Fetched 2 files, 3 B in 0.0 s to ../a; not verified":                   {Dir: "../a", Files: 2, Received: 3, Complete: true},
		"Fetched 0 files, 0 B in 0.0 s to ./a; every file verified":             {Dir: "a", Directories: 1, Complete: true, Verified: true},
		"Up to date: 1 file, 5 B, in ./train":                                   {Dir: "train", Files: 1, Bytes: 5, Kept: 1, Complete: true, Verified: true},
		"Up to date: 1 file, 5 B, in ./train; 2 not copied":                     {Dir: "train", Files: 1, Bytes: 5, Kept: 1, Complete: true, Refused: make([]Entry, 2)},
		"Would fetch 3 files, 10 B, to ./a (1 already present)":                 {Plan: true, Dir: "a", PlanFiles: 3, PlanBytes: 10, Files: 1, Kept: 1},
		"Would fetch 0 files, 0 B, to ./a":                                      {Plan: true, Dir: "a"},
		"Nothing to fetch: all files are already present: 2 files, 5 B, in ./a": {Plan: true, Dir: "a", Files: 2, Bytes: 5, Kept: 2},
		"": {Dir: "a"},
	} {
		if got := filepath.ToSlash(out.Summary()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
