package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// api returns the handler of the requests of a client. Only a client inside the pod can
// enroll a certificate.
func (a *agent) api(inPod bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/ping", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /v1/list", a.served(a.answer(list)))
	mux.HandleFunc("POST /v1/files", a.served(a.answer(files)))
	mux.HandleFunc("POST /v1/sums", a.served(a.answer(sums)))
	mux.HandleFunc("POST /v1/store", a.served(a.store))
	mux.HandleFunc("POST /v1/put", a.served(a.putFiles))
	if inPod {
		mux.HandleFunc("POST /v1/enroll", a.enroll)
	}
	return a.idle.watch(mux)
}

func (a *agent) enroll(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mtls.MaxPEM))
	if err == nil {
		_, err = mtls.Parse(text)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.client.Store(&text)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(wire.Enrolment{Certificate: string(a.pair.PEM()), Port: a.port})
}

// job writes the response to one request to s.out. Its error means that the client has
// disconnected. All other problems are part of the response.
type job func(ctx context.Context, s *session) error

// session is one request and the Writer of its response.
type session struct {
	*agent
	request wire.Request
	out     *wire.Writer
}

// answer returns the handler for a job. It reads the request, waits for a free Writer,
// and writes the end frame, which proves that the response is complete.
func (a *agent) answer(do job) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		codec, err := wire.ParseCodec(r.URL.Query().Get("codec"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s := &session{agent: a}
		if s.request, err = a.read(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if missing := a.missing(r, s.request); len(missing) > 0 {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(missing)
			return
		}
		if s.out, err = a.writers.acquire(r.Context()); err != nil {
			return
		}
		defer a.writers.release(s.out)
		s.out.Start(&destination{w, http.NewResponseController(w), a.Now}, codec)
		defer s.out.Stop()
		if do(r.Context(), s) == nil {
			_ = s.out.Finish()
		}
	}
}

// read reads a request.
func (a *agent) read(w http.ResponseWriter, r *http.Request) (wire.Request, error) {
	body, err := a.body(w, r)
	if err != nil {
		return wire.Request{}, err
	}
	return parse(body)
}

// parse reads a request and rejects paths that are not clean and relative.
func parse(body []byte) (wire.Request, error) {
	request, err := wire.ParseRequest(body)
	if err != nil {
		return wire.Request{}, err
	}
	for _, entry := range request.All() {
		if !filepath.IsLocal(entry.Path) || path.Clean(entry.Path) != entry.Path {
			return wire.Request{}, errors.New("paths must be clean and relative")
		}
	}
	return request, nil
}

// body reads the body of a request into a buffer of its exact length.
func (a *agent) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > wire.MaxRequest {
		return nil, wire.ErrTooLarge
	}
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(a.Now().Add(6 * a.Patience)); err != nil {
		return nil, err
	}
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, err
	}
	return body, control.SetReadDeadline(time.Time{})
}

// destination is an HTTP response as a wire.Destination. A write fails if the client
// accepts no data for the time stalled.
type destination struct {
	http.ResponseWriter
	control *http.ResponseController
	clock   func() time.Time
}

// Write implements io.Writer.
func (d *destination) Write(p []byte) (int, error) {
	if err := d.control.SetWriteDeadline(d.clock().Add(stalled)); err != nil {
		return 0, err
	}
	return d.ResponseWriter.Write(p)
}

// Flush implements wire.Destination.
func (d *destination) Flush() error { return d.control.Flush() }
