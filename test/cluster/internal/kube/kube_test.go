package kube

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// newClient serves one canned answer and notes the request.
func newClient(t *testing.T, status int, body string) (*Client, *http.Request, *string) {
	t.Helper()
	var request http.Request
	var sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		request, sent = *r, string(b)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return &Client{Server: server.URL, http: server.Client()}, &request, &sent
}

func TestApply(t *testing.T) {
	c, request, sent := newClient(t, 201, "{}")
	if err := c.Apply(t.Context(), "/api/v1/namespaces/n", "kind: Namespace"); err != nil {
		t.Fatal(err)
	}
	if request.Method != http.MethodPatch || request.Header.Get("Content-Type") != ApplyYAML ||
		request.URL.Query().Get("fieldManager") == "" || *sent != "kind: Namespace" {
		t.Errorf("sent %s %s %v: %s", request.Method, request.URL, request.Header, *sent)
	}
}

func TestPatch(t *testing.T) {
	c, request, sent := newClient(t, 200, "{}")
	if err := c.Patch(t.Context(), "/x", map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	if request.Header.Get("Content-Type") != MergePatch || *sent != `{"a":1}` {
		t.Errorf("sent %v: %s", request.Header, *sent)
	}
}

func TestGet(t *testing.T) {
	c, _, _ := newClient(t, 200, `{"kind":"Node"}`)
	var out struct{ Kind string }
	if err := c.Get(t.Context(), "/x", &out); err != nil || out.Kind != "Node" {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestErrors(t *testing.T) {
	body, err := json.Marshal(map[string]string{"message": "nodes \"x\" not found"})
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := newClient(t, 404, string(body))
	err = c.Get(t.Context(), "/x", nil)
	if !NotFound(err) || !strings.Contains(err.Error(), `nodes "x" not found`) {
		t.Errorf("got %v", err)
	}
	if err := c.Delete(t.Context(), "/x"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	c, _, _ = newClient(t, 500, "oops")
	if err := c.Get(t.Context(), "/x", nil); err == nil || NotFound(err) || c.Ready(t.Context()) {
		t.Errorf("got %v", err)
	}
}
