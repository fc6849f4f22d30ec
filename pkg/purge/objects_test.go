package purge_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
)

// annotated returns a claim whose annotations record running fetches.
func annotated(vias ...claim.Via) *corev1.PersistentVolumeClaim {
	pvc := faketest.Claim("train-results", "1Gi", corev1.ClaimBound)
	pvc.Annotations = map[string]string{}
	for i, via := range vias {
		text := fmt.Sprintf(`{"bucket":%q,"prefix":%q,"endpoint":%q,"region":%q,"since":"2020-01-01T00:00:00Z","ends":%v}`,
			via.Bucket, via.Prefix, via.Endpoint, via.Region, via.Ends)
		pvc.Annotations[fmt.Sprintf("%sid%d", provenance.ViaAnnotation, i)] = provenance.Bind(via.Claim, text)
	}
	return pvc
}

// tidying returns Objects for a user whose own store is store, and whose only bucket is results.
func tidying(t *testing.T, store func(context.Context) (*s3.Store, error), claim *corev1.PersistentVolumeClaim, messages *[]string) purge.Objects {
	t.Helper()
	client, err := faketest.New(claim).Clientset()
	if err != nil {
		t.Fatal(err)
	}
	return purge.Objects{
		Client: client, Now: time.Now, Store: store, Through: "results", Dead: func(string) bool { return true },
		Buckets: func(string) []string { return []string{"results"} }, Say: func(text string) { *messages = append(*messages, text) },
	}
}

// TestObjectsOnlyOfOwnStore: an annotation with another store is ignored, and no credentials are requested.
func TestObjectsOnlyOfOwnStore(t *testing.T) {
	var requests atomic.Int64
	store, _ := s3test.Start(t, func(http.ResponseWriter, *http.Request) bool {
		requests.Add(1)
		return false
	})
	uid := faketest.Claim("train-results", "1Gi", corev1.ClaimBound).UID
	via := claim.Via{Bucket: "results", Claim: uid, Prefix: "team/model", Endpoint: store.Endpoint(), Region: store.Region(), Ends: true}
	endpoint := via
	endpoint.Endpoint = "https://evil.example"
	region := via
	region.Region = "eu-west-1"
	elsewhere := via
	elsewhere.Bucket = "evil"
	copied := via
	copied.Claim = "another"
	odd := via
	odd.Prefix = "a/../b\x1b"
	keys := filepath.Join(t.TempDir(), "asked")
	configure := func(ctx context.Context) (*s3.Store, error) {
		return s3.Configure(ctx, s3.Options{Endpoint: store.Endpoint() + "/"})
	}
	for name, test := range map[string]struct {
		via     claim.Via
		follows bool
	}{
		"another endpoint": {endpoint, false}, "another region": {region, false}, "another bucket": {elsewhere, false},
		"a copy of a claim": {copied, false}, "no place": {odd, false}, "this user's own": {via, true},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "config")
			text := "[default]\ncredential_process = sh -c 'touch " + keys + "; echo \"{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"A\\\", \\\"SecretAccessKey\\\": \\\"s\\\"}\"'\n"
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("AWS_CONFIG_FILE", config)
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
			requests.Store(0)
			_ = os.Remove(keys)
			var messages []string
			pvc := annotated(test.via)
			tidying(t, configure, pvc, &messages).Sweep(t.Context(), pvc)
			tidying(t, configure, pvc, &messages).Gone(t.Context(), []purge.Claim{purge.ReduceClaim(pvc)})
			_, err := os.Stat(keys)
			if follows := requests.Load() > 0; follows != test.follows || (err == nil) != test.follows || len(messages) > 0 {
				t.Errorf("%d requests, keys: %v, %q", requests.Load(), err, messages)
			}
		})
	}
}

// TestObjectsHaveOneLimit: stores that do not respond cause one delay, however many annotations there are.
func TestObjectsHaveOneLimit(t *testing.T) {
	stop := make(chan struct{})
	var requests atomic.Int64
	store, _ := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		requests.Add(1)
		select {
		case <-stop:
		case <-r.Context().Done():
		}
		return true
	})
	t.Cleanup(func() { close(stop) })
	uid := faketest.Claim("train-results", "1Gi", corev1.ClaimBound).UID
	var vias []claim.Via
	for i := range 30 {
		vias = append(vias, claim.Via{Bucket: "results", Claim: uid, Prefix: fmt.Sprint("x/", i), Endpoint: store.Endpoint(), Region: store.Region(), Ends: true})
	}
	pvc := annotated(vias...)
	var messages []string
	objects := tidying(t, func(context.Context) (*s3.Store, error) { return store, nil }, pvc, &messages)
	objects.Limit = 200 * time.Millisecond
	objects.Sweep(t.Context(), pvc)
	if requests := requests.Load(); requests > 10 || len(messages) != 1 || !strings.HasSuffix(messages[0], "the S3 store did not answer within 200ms") {
		t.Errorf("%d requests, %q", requests, messages)
	}
}

// TestRememberedBuckets: the buckets are those of fetches on this machine whose files exist.
func TestRememberedBuckets(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "via"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a": "to\ns3://one/x\nhttps://s3", "b": "uid\ntrain\n\ns3://two\nhttps://s3", "c": "to\ns3://three/x\nhttps://other", "d": "", "e.lock": "", "f": "to\nnothing\nhttps://s3",
	} {
		if err := os.WriteFile(filepath.Join(dir, "via", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := purge.RememberedBuckets(dir, "https://s3")
	if slices.Sort(got); !slices.Equal(got, []string{"one", "two"}) || purge.RememberedBuckets("", "https://s3") != nil {
		t.Errorf("%q", got)
	}
}
