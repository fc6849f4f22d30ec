package agent_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// silent sends the beginning of a stream and then nothing.
type silent struct {
	canned
	begins io.Reader
}

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	body, writer := io.Pipe()
	go func() {
		_, _ = io.Copy(writer, s.begins)
		<-r.Context().Done()
		_ = writer.CloseWithError(r.Context().Err())
	}()
	s.body = body
	return s.canned.RoundTrip(r)
}

func TestSilenceIsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := whole(t)["list"]
		s := source(t, &http.Client{Transport: silent{begins: bytes.NewReader(answer[:20])}}, "auto")
		began := time.Now()
		listing, err := s.List(t.Context(), []string{"."})
		for err == nil {
			_, err = listing.Next()
		}
		if _, ok := errors.AsType[*transfer.LostError](err); !ok || !strings.Contains(err.Error(), "no data received for 15s") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != 15*time.Second {
			t.Errorf("after %v", took)
		}
		must(t, listing.Close())
	})
}

// An agent that sends nothing is given up after 15 seconds, and the message has the same time.
func TestSilenceEndsAfterFifteenSeconds(t *testing.T) {
	answer := whole(t)["list"]
	synctest.Test(t, func(t *testing.T) {
		s := source(t, &http.Client{Transport: silent{begins: bytes.NewReader(answer[:20])}}, "auto")
		began := time.Now()
		listing, err := s.List(t.Context(), []string{"."})
		for err == nil {
			_, err = listing.Next()
		}
		if waited := time.Since(began); waited != 15*time.Second || !strings.Contains(err.Error(), "no data received for 15s") {
			t.Errorf("after %s: %v", waited, err)
		}
	})
}

func TestCancelIsNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := whole(t)["list"]
		s := source(t, &http.Client{Transport: silent{begins: bytes.NewReader(answer[:20])}}, "auto")
		ctx, cancel := context.WithCancel(t.Context())
		listing, err := s.List(ctx, []string{"."})
		must(t, err)
		time.AfterFunc(time.Second, cancel)
		for err == nil {
			_, err = listing.Next()
		}
		if _, ok := errors.AsType[*transfer.LostError](err); ok || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		must(t, listing.Close())
	})
}

// TestSlownessIsNoSilence: a client that reads slowly what came does not lose the rest.
func TestSlownessIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := source(t, canned{body: bytes.NewReader(whole(t)["list"])}.client(), "auto")
		listing, err := s.List(t.Context(), []string{"."})
		for err == nil {
			time.Sleep(time.Minute)
			_, err = listing.Next()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
	})
}

func TestClosedIsClosed(t *testing.T) {
	client := canned{body: bytes.NewReader(whole(t)["open"])}.client()
	contents, err := source(t, client, "auto").Open(t.Context(), []transfer.Want{{Path: "a"}, {Path: "b"}})
	must(t, err)
	must(t, contents.Close())
	must(t, contents.Close())
	if _, err := contents.Next(); err == nil {
		t.Error("it goes on")
	}
}
