package results

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// relayed opens a relay of the claim train-results, for one fetch on a machine with that cache. It returns the
// messages, too.
func relayed(t *testing.T, cluster *faketest.Cluster, store *s3.Store, cacheDir string, request Request) (*relay, *strings.Builder) {
	t.Helper()
	client, err := cluster.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	said := &strings.Builder{}
	clock := clocktesting.NewFakeClock(faketest.Now())
	request.Bucket.Via = s3.Location{Bucket: s3test.Bucket, Prefix: "lab"}
	f := &jobFetch{session: &session{}}
	f.config, f.request, f.store = &Config{Client: client, Clock: clock, ServerClock: clock}, &request, store
	f.ids = &fetchIDs{cacheDir: cacheDir}
	f.messages = messages{print: func(lines ...string) { said.WriteString(strings.Join(lines, "\n") + "\n") }}
	f.location = &resultsLocation{namespace: faketest.Namespace, name: "train", Choice: claim.Choice{All: true}, claim: cluster.Claim("train-results")}
	r, err := f.openRelay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r, said
}

func objectsBelow(t *testing.T, store *s3.Store, location s3.Location) (n int) {
	t.Helper()
	for _, err := range store.List(t.Context(), location.Bucket, location.Prefix+"/") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestRelayClose(t *testing.T) {
	failed := &transfer.LostError{Cause: errors.New("the connection was lost")}
	for name, test := range map[string]struct {
		objects bool
		keep    bool
		failure error
		// remaining objects, and whether the claim still names them.
		remaining int
		recorded  bool
		said      string
	}{
		"complete":                  {objects: true},
		"complete, objects kept":    {objects: true, keep: true, remaining: 1, said: "Kept the objects of this transfer at s3://results/lab/"},
		"interrupted":               {objects: true, failure: failed, remaining: 1, recorded: true, said: "(1 object). Run the same command again to resume."},
		"interrupted at the start":  {failure: failed},
		"complete, without objects": {keep: true},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New(faketest.Claim("train-results", "1Gi", corev1.ClaimBound))
			store, _ := s3test.Start(t, nil)
			cacheDir := t.TempDir()
			request := Request{}
			request.Bucket.KeepObjects = test.keep
			r, said := relayed(t, cluster, store, cacheDir, request)
			if vias := claim.ViasOf(cluster.Claim("train-results")); vias[r.id.id].Prefix != r.objects.Prefix {
				t.Errorf("the claim records %v while the transfer runs; want %s", vias, r.objects.Prefix)
			}
			if test.objects {
				if err := store.Put(t.Context(), r.objects.Bucket, r.objects.Prefix+"/pack-0", []byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.close(t.Context(), test.failure); err != nil {
				t.Fatal(err)
			}
			recorded := len(claim.ViasOf(cluster.Claim("train-results"))) > 0
			if n := objectsBelow(t, store, r.objects); n != test.remaining || recorded != test.recorded || !strings.Contains(said.String(), test.said) || test.said == "" && said.Len() > 0 {
				t.Errorf("%d objects remain, recorded: %v, said %q; want %+v", n, recorded, said, test)
			}
			// The next fetch of the same kind resumes exactly if objects remain and are recorded.
			next, _ := relayed(t, cluster, store, cacheDir, request)
			if resumes := next.resumed && next.objects == r.objects; resumes != test.recorded {
				t.Errorf("the next fetch resumes: %v; want %v", resumes, test.recorded)
			}
			if err := next.abandon(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Objects that were packed while the results were in use are not used once they are not, nor those of another source.
func TestRelayKind(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	location := func(uid string) *resultsLocation {
		return &resultsLocation{name: "train", claim: faketest.Claim("train-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) { c.UID = faketest.UID(uid) })}
	}
	request := func(prefix string) *Request {
		r := &Request{}
		r.Bucket.Via = s3.Location{Bucket: s3test.Bucket, Prefix: prefix}
		return r
	}
	first := relayKind(request("a"), store, location("1"), false)
	if again := relayKind(request("a"), store, location("1"), false); again != first {
		t.Errorf("%q is not %q", again, first)
	}
	for name, other := range map[string]string{
		"in use":         relayKind(request("a"), store, location("1"), true),
		"another claim":  relayKind(request("a"), store, location("2"), false),
		"another prefix": relayKind(request("b"), store, location("1"), false),
	} {
		if other == first {
			t.Errorf("%s: the kinds are equal", name)
		}
	}
}

// An upload names its location on the claim while parts of files can be in the bucket.
func TestUploadRecord(t *testing.T) {
	cluster := faketest.New(faketest.Claim("train-results", "1Gi", corev1.ClaimBound))
	client, err := cluster.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	store, _ := s3test.Start(t, nil)
	u := upload{
		config: &Config{Client: client}, store: store, location: &resultsLocation{claim: cluster.Claim("train-results")},
		to: s3.Location{Bucket: s3test.Bucket, Prefix: "models"},
	}
	u.record(t.Context(), &claim.Via{Bucket: u.to.Bucket, Prefix: u.to.Prefix, Since: faketest.Now().Add(time.Minute), Ends: true})
	via, ok := claim.ViasOf(cluster.Claim("train-results"))[uploadID(u.to, store)]
	if !ok || !via.Ends || via.Prefix != "models" {
		t.Errorf("recorded %+v", claim.ViasOf(cluster.Claim("train-results")))
	}
	u.record(t.Context(), nil)
	if vias := claim.ViasOf(cluster.Claim("train-results")); len(vias) > 0 {
		t.Errorf("still recorded: %+v", vias)
	}
}
