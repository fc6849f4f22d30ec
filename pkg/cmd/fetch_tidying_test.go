//go:build unix

package cmd

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
)

// output can be read while a command writes it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// fetch prints its result before it asks a store for what an interrupted fetch left there.
func TestFetchPrintsResultBeforeTidying(t *testing.T) {
	t.Chdir(t.TempDir())
	out, requests := &output{}, make(chan string, 100)
	store, _ := s3test.Start(t, func(http.ResponseWriter, *http.Request) bool {
		requests <- out.String()
		return false
	})
	t.Setenv("AWS_ENDPOINT_URL_S3", store.Endpoint())
	t.Setenv("AWS_REGION", store.Region())
	objects := fetchable(t, done("train", time.Hour, withResults), filetree.Tree{"x": filetree.File("x")})
	claim, ok := objects[1].(*corev1.PersistentVolumeClaim)
	if !ok {
		t.Fatal("the second object is not the claim")
	}
	claim.Annotations = map[string]string{provenance.ViaAnnotation + "old": provenance.Bind(claim.UID,
		`{"bucket":"results","prefix":"x/`+string(claim.UID)+`/old","endpoint":"`+store.Endpoint()+`","region":"`+store.Region()+`","since":"2020-01-01T00:00:00Z"}`)}
	remembered := filepath.Join(t.TempDir(), "via")
	if err := os.MkdirAll(remembered, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(remembered, "other"), []byte("via\ns3://results/x\n"+store.Endpoint()), 0o600); err != nil {
		t.Fatal(err)
	}
	got := executeAs(t, onThisMachine(objects), func(f *factory.Factory) {
		f.Streams.Out, f.CacheDir = out, filepath.Dir(remembered)
	}, "fetch", "train")
	close(requests)
	if len(requests) == 0 || got.Status != 0 {
		t.Errorf("%d requests: %+v", len(requests), got)
	}
	for shown := range requests {
		if !strings.HasPrefix(shown, "Fetched 1 file") {
			t.Errorf("the store was asked when the output was %q", shown)
		}
	}
}
