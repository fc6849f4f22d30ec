package s3_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

func TestParseLocation(t *testing.T) {
	for text, want := range map[string]string{
		"s3://results":         "s3://results",
		"s3://results/":        "s3://results",
		"s3://results/team/x/": "s3://results/team/x",
		"s3://a.b-c1/x y":      "s3://a.b-c1/x y",
		"results/x":            "",
		"S3://results":         "",
		"s3://":                "",
		"s3:///x":              "",
		"s3://Results":         "",
		"s3://ab":              "",
		"s3://a_b/x":           "",
		"s3://results//x":      "",
		"s3://results/x//":     "",
		"s3://results/../x":    "",
		"s3://results/./x":     "",
		"s3://results/a\nb":    "",
		"s3://results/" + strings.Repeat("x", 600): "",
	} {
		got, err := s3.ParseLocation(text)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	location := s3.Location{Bucket: "b"}
	if location.Key("x") != "x" || location.At("p", "q").Key("x/y") != "p/q/x/y" {
		t.Errorf("%q, %q", location.Key("x"), location.At("p", "q").Key("x/y"))
	}
}

// environment gives this test an AWS configuration and nothing of this machine's.
// TestOpen: credentials, region and endpoint are those that the AWS CLI has.
// serve is a store that answers as it is told.
func serve(t *testing.T, handler http.HandlerFunc) *s3.Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	environment(t, "", map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"})
	store, err := s3.Open(context.Background(), s3.Options{Endpoint: server.URL, FirstPause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestSentences: each refusal is told in words that say what to do.
// TestSentencesOfPods: what a pod is refused, where this machine is not, has another cause.
// TestPutOver: only what was seen is overwritten, where the store can tell.
func TestPutOver(t *testing.T) {
	for name, test := range map[string]struct {
		etag   string
		status int
		header string
		puts   int
		err    bool
	}{
		"there is none":      {status: 200, header: "None-Match *", puts: 1},
		"there is one":       {status: 412, header: "None-Match *", puts: 1, err: true},
		"it is the same":     {etag: `"e"`, status: 200, header: `Match "e"`, puts: 1},
		"it is another":      {etag: `"e"`, status: 412, header: `Match "e"`, puts: 1, err: true},
		"a store of old age": {etag: `"e"`, status: 501, puts: 2},
	} {
		t.Run(name, func(t *testing.T) {
			puts, header := 0, ""
			store := serve(t, func(w http.ResponseWriter, r *http.Request) {
				puts++
				if body, err := io.ReadAll(r.Body); err != nil || r.Header.Get("Content-MD5") != "ndTkYSaMgDT1yFZOFVxnpg==" { // that of x
					t.Errorf("%q comes with the MD5 %s, %v", body, r.Header.Get("Content-MD5"), err)
				}
				if header = ""; r.Header.Get("If-Match") != "" {
					header = "Match " + r.Header.Get("If-Match")
				} else if r.Header.Get("If-None-Match") != "" {
					header = "None-Match " + r.Header.Get("If-None-Match")
				}
				if header != "" {
					w.WriteHeader(test.status)
				}
			})
			err := store.PutOver(t.Context(), "results", "k", test.etag, []byte("x"))
			if s3.Replaced(err) != test.err || (err != nil) != test.err || header != test.header || puts != test.puts {
				t.Errorf("%v, %d requests, %q", err, puts, header)
			}
		})
	}
}

// TestRoots: the certificates that a profile names are for pods, too.
// TestRegion: a bucket that is elsewhere says where.
// TestBeginning: of an object no more is asked for than is wanted.
func TestBeginning(t *testing.T) {
	content, requested := strings.Repeat("0123456789", 10), ""
	store := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requested = r.Header.Get("Range")
		http.ServeContent(w, r, "k", time.Time{}, strings.NewReader(content))
	})
	for limit, want := range map[int64]string{7: content[:7], 100: content, 1000: content} {
		got, err := store.Beginning(t.Context(), "results", "k", limit)
		if err != nil || string(got) != want || requested != fmt.Sprintf("bytes=0-%d", limit-1) {
			t.Errorf("%d: %q, %v, %s", limit, got, err, requested)
		}
	}
	content = ""
	if got, err := store.Beginning(t.Context(), "results", "k", 7); err != nil || len(got) > 0 {
		t.Errorf("of nothing: %q, %v", got, err)
	}
}

// TestAssumedRole: a role is assumed once, for an hour, and not for each signature.
// TestUnreachable: a store that never answered is not waited for.
// TestGetGoesOn: a read that breaks off asks for the rest, of the same object.
func TestGetGoesOn(t *testing.T) {
	content, requested := strings.Repeat("0123456789", 100_000), []string{}
	store := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requested = append(requested, r.Header.Get("Range")+r.Header.Get("If-Match"))
		w.Header().Set("ETag", `"e"`)
		if len(requested) == 1 {
			w.Header().Set("Content-Length", "1000000")
			_, _ = io.WriteString(w, content[:300_000])
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	})
	body, err := store.Get(t.Context(), "results", "k")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || string(got) != content || len(requested) != 2 || !strings.HasSuffix(requested[1], `-"e"`) {
		t.Errorf("%d bytes, %v, %q", len(got), err, requested)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

// TestEmptyBelowItsPrefixOnly: a store that lists what was not asked for is not obeyed.
func TestEmptyBelowItsPrefixOnly(t *testing.T) {
	deleted := false
	store := serve(t, func(w http.ResponseWriter, r *http.Request) {
		deleted = deleted || r.Method != http.MethodGet
		_, _ = io.WriteString(w, "<ListBucketResult><Contents><Key>team/mine/a</Key></Contents><Contents><Key>team/yours</Key></Contents></ListBucketResult>")
	})
	if _, err := store.Empty(t.Context(), "results", "team/mine/"); err == nil || deleted {
		t.Errorf("%v, deleted: %v", err, deleted)
	}
}
