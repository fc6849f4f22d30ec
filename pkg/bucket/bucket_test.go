package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
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
		got, err := bucket.ParseLocation(text)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	at := bucket.Location{Bucket: "b"}
	if at.Key("x") != "x" || at.At("p", "q").Key("x/y") != "p/q/x/y" {
		t.Errorf("%q, %q", at.Key("x"), at.At("p", "q").Key("x/y"))
	}
}

// environment gives this test an AWS configuration and nothing of this machine's.
func environment(t *testing.T, config string, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// TestOpen: credentials, region and endpoint are those that the AWS CLI has.
func TestOpen(t *testing.T) {
	keys := "aws_access_key_id = AKIA\naws_secret_access_key = secret\n"
	process := "credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AKIA\", \"SecretAccessKey\": \"secret\"}'\n"
	if runtime.GOOS == "windows" { // its shell takes the quotes for text
		process = strings.ReplaceAll(process, "'", "")
	}
	for name, test := range map[string]struct {
		config    string
		variables map[string]string
		options   bucket.Options
		// signed is the beginning of what a pod is given, or what the error says.
		signed, err string
	}{
		"AWS": {config: "[default]\nregion = eu-west-1\n" + keys, signed: "https://results.s3.eu-west-1.amazonaws.com/k"},
		"environment": {
			variables: map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"},
			signed:    "https://results.s3.eu-west-1.amazonaws.com/k",
		},
		"AWS, path style": {config: "[default]\nregion = eu-west-1\n" + keys, options: bucket.Options{PathStyle: new(true)}, signed: "https://s3.eu-west-1.amazonaws.com/results/k"},
		"a profile":       {config: "[profile lab]\nregion = eu-west-2\n" + keys, options: bucket.Options{Profile: "lab"}, signed: "https://results.s3.eu-west-2."},
		"a process":       {config: "[default]\nregion = eu-west-2\n" + process, signed: "https://results.s3.eu-west-2."},
		"endpoint-url":    {config: "[default]\n" + keys, options: bucket.Options{Endpoint: "https://ceph:8443"}, signed: "https://ceph:8443/results/k"},
		"AWS_ENDPOINT_URL": {
			config: "[default]\n" + keys, variables: map[string]string{"AWS_ENDPOINT_URL": "https://ceph"}, signed: "https://ceph/results/k",
		},
		"endpoint_url of the profile":  {config: "[default]\nendpoint_url = https://ceph\n" + keys, signed: "https://ceph/results/k"},
		"endpoint_url of its services": {config: "[default]\nservices = x\n" + keys + "[services x]\ns3 =\n  endpoint_url = https://ceph\n", signed: "https://ceph/results/k"},
		"the plugin's block":           {config: "[default]\n" + keys + "s3 =\n    endpoint_url = https://ceph\n    signature_version = s3v4\n", signed: "https://ceph/results/k"},
		"the plugin's block of a profile": {
			config:  "[default]\nregion = a\n[profile lab]\n" + keys + "s3 =\n    endpoint_url = https://ceph\n",
			options: bucket.Options{Profile: "lab"}, signed: "https://ceph/results/k",
		},
		"the plugin's block is the weakest": {
			config: "[default]\n" + keys + "s3 =\n    endpoint_url = https://old\n", variables: map[string]string{"AWS_ENDPOINT_URL": "https://ceph"},
			signed: "https://ceph/results/k",
		},
		"for pods another name": {
			config: "[default]\n" + keys, options: bucket.Options{Endpoint: "https://ceph", InCluster: "http://rook-ceph-rgw.rook"},
			signed: "http://rook-ceph-rgw.rook/results/k",
		},
		"no credentials":  {config: "[default]\nregion = a\n", err: `no credentials for S3: profile "default"`},
		"no such profile": {config: "[default]\n" + keys, options: bucket.Options{Profile: "lab"}, err: "lab"},
		"no URL":          {config: "[default]\n" + keys, options: bucket.Options{Endpoint: "ceph"}, err: `--endpoint-url="ceph": the URL of a store is expected`},
		"no URL for pods": {config: "[default]\n" + keys, options: bucket.Options{InCluster: "s3://x"}, err: `--in-cluster-endpoint-url="s3://x": the URL`},
		"no CA bundle":    {config: "[default]\n" + keys, variables: map[string]string{"AWS_CA_BUNDLE": "/nowhere"}, err: "AWS_CA_BUNDLE"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, test.config, test.variables)
			store, err := bucket.Open(t.Context(), test.options)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			request, err := store.SignPut(t.Context(), "results", "k", bucket.Attributes{}, time.Minute)
			signed := request.URL
			if err != nil || !strings.HasPrefix(signed, test.signed) || strings.Contains(signed, "secret") {
				t.Errorf("%s, %v", signed, err)
			}
			u, err := url.Parse(signed)
			if err != nil || u.Query().Get("X-Amz-Expires") != "60" || u.Query().Has("x-amz-checksum-crc32") || u.Query().Get("X-Amz-SignedHeaders") != "host" {
				t.Errorf("%s, %v", signed, err)
			}
			if plain := store.Plain(); (len(plain) > 0) != strings.HasPrefix(test.signed, "http://") {
				t.Errorf("not protected: %q", plain)
			}
		})
	}
}

// serve is a store that answers as it is told.
func serve(t *testing.T, handler http.HandlerFunc) *bucket.Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	environment(t, "", map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"})
	store, err := bucket.Open(context.Background(), bucket.Options{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestSentences: each refusal is told in words that say what to do.
func TestSentences(t *testing.T) {
	for code, test := range map[string]struct {
		status int
		want   string
	}{
		"NoSuchBucket":          {404, "there is no such bucket"},
		"AccessDenied":          {403, `writing to it is refused to profile "default"`},
		"InvalidAccessKeyId":    {403, "does not know the access key"},
		"SignatureDoesNotMatch": {403, "does not fit its access key"},
		"ExpiredToken":          {400, "have expired: sign in again"},
		"RequestTimeTooSkewed":  {403, "the clock of this machine"},
		"PermanentRedirect":     {301, "another region"},
		"InsufficientStorage":   {507, "writing to it: the store has no room left (InsufficientStorage: said the test)"},
		"QuotaExceeded":         {403, "writing to it: the store has no room left"},
		"Odd":                   {418, "writing to it failed: Odd: said the test"},
	} {
		store := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>said the test</Message></Error>")
		})
		err := store.Put(t.Context(), "results", "k", []byte("x"))
		if err == nil || !strings.HasPrefix(err.Error(), `bucket "results" at http://127.0.0.1:`) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", code, err)
		}
		if said, ok := errors.AsType[*bucket.Error](err); !ok || said.Passing() {
			t.Errorf("%s: it would be tried again: %v", code, err)
		}
	}
}

// TestSentencesOfPods: what a pod is refused, where this machine is not, has another cause.
func TestSentencesOfPods(t *testing.T) {
	store := serve(t, func(http.ResponseWriter, *http.Request) {})
	if err := store.Put(t.Context(), "results", "k", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]bucket.Refusal{
		"is the clock of this machine right?":          {Status: 403, Code: "AccessDenied", Message: "Request has expired"},
		"something of the future":                      {Status: 403, Code: "AccessDenied", Message: "Request is not valid yet"},
		"is it the same store":                         {Status: 403, Code: "SignatureDoesNotMatch", Message: "m"},
		"refuses a signature":                          {Status: 403, Code: "InvalidAccessKeyId", Message: "m"},
		"have expired: sign in again":                  {Status: 400, Code: "ExpiredToken", Message: "The provided token has expired."},
		`writing to it is refused to profile "default`: {Status: 403, Code: "AccessDenied", Message: "Access Denied."},
		"writing to it failed: NotImplemented":         {Status: 501, Code: "NotImplemented", Message: "m"},
	} {
		r.InPod = true
		err := store.Explain("writing to it", "results", r)
		if failed, ok := errors.AsType[*bucket.Error](err); !ok || !strings.Contains(err.Error(), want) || failed.Passing() {
			t.Errorf("%v in place of %q", err, want)
		}
	}
}

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
			if bucket.Replaced(err) != test.err || (err != nil) != test.err || header != test.header || puts != test.puts {
				t.Errorf("%v, %d requests, %q", err, puts, header)
			}
		})
	}
}

// TestAssumedRole: a role is assumed once, for an hour, and not for each signature.
func TestAssumedRole(t *testing.T) {
	var asked []string
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.FormValue("Action")+" "+r.FormValue("DurationSeconds"))
		_, _ = fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>B</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
			<SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(sts.Close)
	environment(t, "[default]\nregion = a\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = keys\n[profile keys]\naws_access_key_id = A\naws_secret_access_key = s\n",
		map[string]string{"AWS_ENDPOINT_URL_STS": sts.URL})
	store, err := bucket.Open(t.Context(), bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if request, err := store.SignPut(t.Context(), "results", "k", bucket.Attributes{}, time.Minute); err != nil || !strings.Contains(request.URL, "X-Amz-Security-Token=t") {
			t.Errorf("%s, %v", request.URL, err)
		}
	}
	if want := []string{"AssumeRole 3600"}; !slices.Equal(asked, want) {
		t.Errorf("%q were asked for", asked)
	}
}

// TestUnreachable: a store that never answered is not waited for.
func TestUnreachable(t *testing.T) {
	environment(t, "", map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"})
	store, err := bucket.Open(t.Context(), bucket.Options{Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	err = store.Put(t.Context(), "results", "k", []byte("x"))
	if err == nil || !strings.Contains(err.Error(), "the store cannot be reached from this machine") {
		t.Errorf("%v", err)
	}
}

// TestGetGoesOn: a read that breaks off asks for the rest, of the same object.
func TestGetGoesOn(t *testing.T) {
	content, asked := strings.Repeat("0123456789", 100_000), []string{}
	store := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Range")+r.Header.Get("If-Match"))
		w.Header().Set("ETag", `"e"`)
		if len(asked) == 1 {
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
	if err != nil || string(got) != content || len(asked) != 2 || !strings.HasSuffix(asked[1], `-"e"`) {
		t.Errorf("%d bytes, %v, %q", len(got), err, asked)
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
