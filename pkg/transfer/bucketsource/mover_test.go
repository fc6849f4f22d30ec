package bucketsource_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/agentsource"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/bucketsource"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/movertest"
)

// TestMover runs the suite through a store in this process, whole files and in pieces.
func TestMover(t *testing.T) {
	for name, chunk := range map[string]int64{"whole": 0, "pieces": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			store, _ := fakeStore(t, nil)
			movertest.Run(t, movertest.Mover{Lists: true, Packs: chunk == 0, Open: func(t *testing.T, root string) transfer.Source {
				t.Helper()
				return source(t, root, bucketsource.Options{Store: store, Chunk: chunk})
			}})
		})
	}
}

// fakeStore is a store with a bucket called results. Door, if not nil, sees requests first, and
// says whether it has answered.
func fakeStore(t *testing.T, door func(http.ResponseWriter, *http.Request) bool) (*bucket.Store, gofakes3.Backend) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("results"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if door == nil || !door(w, r) {
			fake.ServeHTTP(w, r)
		}
	}))
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.Start()
	t.Cleanup(web.Close)
	return open(t, web.URL), backend
}

func open(t *testing.T, url string) *bucket.Store {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	store, err := bucket.Open(context.Background(), bucket.Options{Endpoint: url})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// source brings what is below root through the store.
func source(t *testing.T, root string, o bucketsource.Options) *bucketsource.Source {
	t.Helper()
	if o.At.Bucket == "" {
		o.At = bucket.Location{Bucket: "results", Prefix: "team/" + t.Name()}
	}
	o.Agent, o.Now = agent(t, root), time.Now
	return bucketsource.New(o)
}

// agent is one that serves root.
func agent(t *testing.T, root string) *agentsource.Source {
	t.Helper()
	agent, err := agentsource.New(agenttest.Start(t, root, server.Options{}).Tunnel(t), "auto")
	if err != nil {
		t.Fatal(err)
	}
	return agent
}
