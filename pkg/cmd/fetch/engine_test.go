package fetch

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "1": 1, "1000": 1000, "10K": 10_000, "10k": 10_000, "10M": 10_000_000, "1.5G": 1_500_000_000,
		"1Ki": 1024, "512Ki": 512 << 10, "1ki": 1024, "10Mi": 10 << 20, "2Gi": 2 << 30, "0.5K": 500,
	} {
		if got, err := parseRate(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"10m": "such as 10M", "10MB": "such as 10M", "10 M": "such as 10M", "M": "such as 10M", "-1": "such as 10M", "1e9": "such as 10M", "10Mbit": "such as 10M", "10i": "such as 10M", ".5M": "such as 10M",
		"0": "must be at least 1 byte", "0.1": "must be at least 1 byte", "0.0K": "must be at least 1 byte", "99999999999999999999G": "the number is too large",
	} {
		if got, err := parseRate(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `invalid value "`+text+`" for --limit-rate: `) {
			t.Errorf("%q: %d, %v; want an error with %q", text, got, err, want)
		}
	}
}

func TestToEngine(t *testing.T) {
	defaults := Engine{Compress: "auto", Transport: "auto", Retries: 5}
	with := func(change func(*Engine)) Engine {
		e := defaults
		change(&e)
		return e
	}
	filter, err := gitignore.ParseFilter([]string{"*.pt"}, []string{"tmp/"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		flags func(*Flags)
		want  Engine
	}{
		"as it comes": {func(*Flags) {}, defaults},
		"all": {
			func(f *Flags) {
				f.Include, f.Exclude, f.Checksum, f.Parallel, f.Compress, f.LimitRate = []string{"*.pt"}, []string{"tmp/"}, true, 4, "s2", "10M"
				f.Retries, f.Timeout, f.Transport, f.KeepHelper, f.Manifest = 0, "1d", "exec", true, "sums"
			},
			Engine{
				Checksum: true, Filter: filter, Parallel: 4, Compress: "s2", LimitRate: 10_000_000, Retries: 0,
				Timeout: 24 * time.Hour, Transport: "exec", KeepHelper: true, Manifest: "sums",
			},
		},
		"a plan": {func(f *Flags) { f.Plan = true }, with(func(e *Engine) { e.Plan = true })},
	} {
		options, err := toOptions("", []string{"train"}, test.flags)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(test.want, options.engine, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

func TestBucketHint(t *testing.T) {
	if hint := bucketHint(5 << 30); hint != "" {
		t.Errorf("5 GiB: %s", hint)
	}
	if hint := bucketHint(12 << 30); !strings.HasPrefix(hint, "Note: fetch transfers 12 GiB through the API server") || strings.Contains(hint, "\n") {
		t.Errorf("12 GiB: %s", hint)
	}
}

func TestSentence(t *testing.T) {
	const gibi = 1 << 30
	for want, out := range map[string]outcome{
		"Fetched 1,204 files, 3.2 GiB (922 MiB over the network) in 14 s to ./train; every file verified": {
			Dir: "train", Files: 1204, Bytes: 16 * gibi / 5, WireBytes: 9 * gibi / 10, TotalSeconds: 14.2, Verified: true, complete: true, came: 16 * gibi / 5,
		},
		"Fetched 4 files, 1.0 MiB in 1.2 s to /tmp/x (1,200 already present); every file verified": {
			Dir: "/tmp/x", Files: 1204, Bytes: 3 * gibi, kept: 1200, WireBytes: 1 << 20, TotalSeconds: 1.23, Verified: true, complete: true, came: 1 << 20,
		},
		"Fetched 2 files, 3 B in 1h2m5s to ./a; 1 not copied": {
			Dir: "./a/", Files: 2, TotalSeconds: 3725, complete: true, Verified: true, came: 3, Refused: []refusal{{}},
		},
		"Fetched 2 files, 3 B in 45 s to .; incomplete":                         {Dir: ".", Files: 2, TotalSeconds: 45, came: 3},
		"Fetched 2 files, 3 B in 0.0 s to ../a; not verified":                   {Dir: "../a", Files: 2, came: 3, complete: true},
		"Fetched 0 files, 0 B in 0.0 s to ./a; every file verified":             {Dir: "a", dirs: 1, complete: true, Verified: true},
		"Up to date: 1 file, 5 B, in ./train":                                   {Dir: "train", Files: 1, Bytes: 5, kept: 1, complete: true, Verified: true},
		"Up to date: 1 file, 5 B, in ./train; 2 not copied":                     {Dir: "train", Files: 1, Bytes: 5, kept: 1, complete: true, Refused: make([]refusal, 2)},
		"Would fetch 3 files, 10 B, to ./a (1 already present)":                 {Plan: true, Dir: "a", PlanFiles: 3, PlanBytes: 10, Files: 1, kept: 1},
		"Would fetch 0 files, 0 B, to ./a":                                      {Plan: true, Dir: "a"},
		"Nothing to fetch: all files are already present: 2 files, 5 B, in ./a": {Plan: true, Dir: "a", Files: 2, Bytes: 5, kept: 2},
		"": {Dir: "a"},
	} {
		if got := filepath.ToSlash(out.sentence()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestListOf(t *testing.T) {
	for want, numbers := range map[string][]int{
		"task 3": {3}, "tasks 0-2, 5": {0, 1, 2, 5},
		"tasks 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, and 2 more": {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22},
	} {
		if got := listOf(numbers); got != want {
			t.Errorf("%v: %s; want %s", numbers, got, want)
		}
	}
}

// Two names that are not UTF-8 are told apart by their bytes.
func TestOutcomeKeepsNamesThatAreNotUTF8(t *testing.T) {
	out := &outcome{}
	out.take(transfer.Result{
		Refused: []transfer.Refusal{{Path: "a\xff", Reason: "x"}, {Path: "a\xfe", Reason: "x"}, {Path: "é", Reason: "x"}},
		Growing: []string{"plain", "g\x80"},
	}, way{}, time.Time{})
	text, err := printable.JSON(out, "    ")
	if err != nil {
		t.Fatal(err)
	}
	var got outcome
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []refusal{{"a\ufffd", "Yf8=", "x"}, {"a\ufffd", "Yf4=", "x"}, {"é", "", "x"}}
	if diff := cmp.Diff([]any{want, []string{"Z4A="}}, []any{got.Refused, got.GrowingBase64}); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if bytes.Count(text, []byte("Base64")) != 3 {
		t.Errorf("%s", text)
	}
}
