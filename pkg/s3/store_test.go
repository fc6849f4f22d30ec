package s3_test

import (
	"encoding/pem"
	"fmt"
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

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

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

func TestOpen(t *testing.T) {
	keys := "aws_access_key_id = AKIA\naws_secret_access_key = secret\n"
	process := "credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AKIA\", \"SecretAccessKey\": \"secret\"}'\n"
	if runtime.GOOS == "windows" { // its shell takes the quotes for text
		process = strings.ReplaceAll(process, "'", "")
	}
	for name, test := range map[string]struct {
		config    string
		variables map[string]string
		options   s3.Options
		// signed is the beginning of what a pod is given, or what the error says.
		signed, err string
	}{
		"AWS": {config: "[default]\nregion = eu-west-1\n" + keys, signed: "https://results.s3.eu-west-1.amazonaws.com/k"},
		"environment": {
			variables: map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"},
			signed:    "https://results.s3.eu-west-1.amazonaws.com/k",
		},
		"AWS, path style": {config: "[default]\nregion = eu-west-1\n" + keys, options: s3.Options{PathStyle: new(true)}, signed: "https://s3.eu-west-1.amazonaws.com/results/k"},
		"a profile":       {config: "[profile lab]\nregion = eu-west-2\n" + keys, options: s3.Options{Profile: "lab"}, signed: "https://results.s3.eu-west-2."},
		"a process":       {config: "[default]\nregion = eu-west-2\n" + process, signed: "https://results.s3.eu-west-2."},
		"endpoint-url":    {config: "[default]\n" + keys, options: s3.Options{Endpoint: "https://ceph:8443"}, signed: "https://ceph:8443/results/k"},
		"AWS_ENDPOINT_URL": {
			config: "[default]\n" + keys, variables: map[string]string{"AWS_ENDPOINT_URL": "https://ceph"}, signed: "https://ceph/results/k",
		},
		"endpoint_url of the profile":  {config: "[default]\nendpoint_url = https://ceph\n" + keys, signed: "https://ceph/results/k"},
		"endpoint_url of its services": {config: "[default]\nservices = x\n" + keys + "[services x]\ns3 =\n  endpoint_url = https://ceph\n", signed: "https://ceph/results/k"},
		"AWS_DEFAULT_PROFILE": {
			config:    "[default]\nregion = a\n[profile lab]\nendpoint_url = https://ceph\n" + keys + "s3 =\n    addressing_style = virtual\n",
			variables: map[string]string{"AWS_DEFAULT_PROFILE": "lab"}, signed: "https://results.ceph/k",
		},
		"virtual hosts by the profile": {
			config: "[default]\n" + keys + "s3 =\n    addressing_style = virtual\n", options: s3.Options{Endpoint: "https://oss"}, signed: "https://results.oss/k",
		},
		"path style by the profile": {
			config: "[default]\nregion = eu-west-1\n" + keys + "s3 =\n    addressing_style = path\n", signed: "https://s3.eu-west-1.amazonaws.com/results/k",
		},
		"auto is what holds anyhow": {
			config: "[default]\nendpoint_url = https://ceph\n" + keys + "s3 =\n    addressing_style = auto\n", signed: "https://ceph/results/k",
		},
		"virtual hosts": {config: "[default]\n" + keys, options: s3.Options{Endpoint: "https://oss", PathStyle: new(false)}, signed: "https://results.oss/k"},
		"a role with MFA": {
			config: "[default]\nregion = a\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = keys\nmfa_serial = arn:aws:iam::1:mfa/x\n[profile keys]\n" + keys,
			err:    `the role of profile "default" requires an MFA code, which this command cannot ask for; export its credentials`,
		},
		"no ca_bundle": {config: "[default]\nca_bundle = /nowhere\n" + keys, err: "/nowhere"},
		"for pods another name": {
			config: "[default]\n" + keys, options: s3.Options{Endpoint: "https://ceph", InCluster: "http://rook-ceph-rgw.rook"},
			signed: "http://rook-ceph-rgw.rook/results/k",
		},
		"no credentials":  {config: "[default]\nregion = a\n", err: `no S3 credentials found in profile "default"`},
		"no such profile": {config: "[default]\n" + keys, options: s3.Options{Profile: "lab"}, err: "lab"},
		"no URL":          {config: "[default]\n" + keys, options: s3.Options{Endpoint: "ceph"}, err: `invalid value "ceph" for --endpoint-url: must be a URL`},
		"no URL for pods": {config: "[default]\n" + keys, options: s3.Options{InCluster: "s3://x"}, err: `invalid value "s3://x" for --in-cluster-endpoint-url: must be a URL`},
		"no CA bundle":    {config: "[default]\n" + keys, variables: map[string]string{"AWS_CA_BUNDLE": "/nowhere"}, err: "AWS_CA_BUNDLE"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, test.config, test.variables)
			store, err := s3.Open(t.Context(), test.options)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			request, err := store.SignPut(t.Context(), "results", "k", s3.Attributes{}, time.Minute)
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

// TestPartSize: the size of parts is what the AWS CLI has, where a store can take it.
func TestPartSize(t *testing.T) {
	for text, want := range map[string]int64{
		"16MB": 16 << 20, "5242880": 5 << 20, "8 mb": 8 << 20, "1GB": 1 << 30, "4MB": 0, "6GB": 0, "x": 0, "-8MB": 0, "9999999999999GB": 0,
	} {
		environment(t, "[default]\naws_access_key_id = A\naws_secret_access_key = s\ns3 =\n    multipart_chunksize = "+text+"\n", nil)
		if store, err := s3.Open(t.Context(), s3.Options{}); err != nil || store.PartSize() != want {
			t.Errorf("%q: %d, %v", text, store.PartSize(), err)
		}
	}
}

func TestRoots(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	want := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("a comment\n"+want), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := "aws_access_key_id = A\naws_secret_access_key = s\n"
	for name, variables := range map[string]map[string]string{"profile": nil, "environment": {"AWS_CA_BUNDLE": file}} {
		text := "[default]\n" + keys
		if variables == nil {
			text += "ca_bundle = " + file + "\n"
		}
		environment(t, text, variables)
		if store, err := s3.Open(t.Context(), s3.Options{}); err != nil || string(store.Roots()) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAssumedRole(t *testing.T) {
	var requests []string
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.FormValue("Action")+" "+r.FormValue("DurationSeconds"))
		_, _ = fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>B</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
			<SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(sts.Close)
	environment(t, "[default]\nregion = a\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = keys\n[profile keys]\naws_access_key_id = A\naws_secret_access_key = s\n",
		map[string]string{"AWS_ENDPOINT_URL_STS": sts.URL})
	store, err := s3.Open(t.Context(), s3.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if request, err := store.SignPut(t.Context(), "results", "k", s3.Attributes{}, time.Minute); err != nil || !strings.Contains(request.URL, "X-Amz-Security-Token=t") {
			t.Errorf("%s, %v", request.URL, err)
		}
	}
	if want := []string{"AssumeRole 3600"}; !slices.Equal(requests, want) {
		t.Errorf("%q were asked for", requests)
	}
}
