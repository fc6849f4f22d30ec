//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// stall adds a context whose server never answers some requests:
//
//	stall NAME METHOD PATTERN
//
// PATTERN is a regular expression for the path with the query. NAME.log has a line of
// method and path for each request that is held, until the client gives up.
func (s *suite) stall(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: stall NAME METHOD PATTERN")
	}
	pattern, err := regexp.Compile(args[2])
	ts.Check(err)
	log, proxy := newLog(ts, args[0]), s.reverseProxy(ts)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != args[1] || !pattern.MatchString(r.URL.RequestURI()) {
			proxy.ServeHTTP(w, r)
			return
		}
		// The context of a request ends with its connection only once the body was read.
		_, _ = io.Copy(io.Discard, r.Body)
		log.line("%s %s", r.Method, r.URL.Path)
		<-r.Context().Done()
	}))
	server.StartTLS()
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	addContext(ts, args[0], &clientcmdapi.Cluster{Server: server.URL, InsecureSkipTLSVerify: true})
}
