//go:build e2e

package e2e

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// gatewayOptions are what a gateway does to the requests that it passes on.
type gatewayOptions struct {
	// refuse is a protocol to which no connection is upgraded.
	refuse string
	// limit is how many bytes an upgraded connection transfers; 0 for no limit.
	limit int64
	// late is added to the Date header of responses.
	late time.Duration
	// streams is when watches and logs end.
	streams streamLimit
}

// streamLimit ends streams after that many bytes or that time; zero values are no limit.
type streamLimit struct {
	bytes int64
	time  time.Duration
	// complete means that the client sees a complete response.
	complete bool
}

func parseStreamLimit(text string, complete bool) (streamLimit, error) {
	if bytes, err := strconv.ParseInt(text, 10, 64); err == nil {
		return streamLimit{bytes: bytes, complete: complete}, nil
	}
	length, err := time.ParseDuration(text)
	return streamLimit{time: length, complete: complete}, err
}

func parseGateway(args []string) (o gatewayOptions, err error) {
	for _, option := range args {
		key, value, _ := strings.Cut(option, "=")
		var failed error
		switch key {
		case "refuse":
			o.refuse = value
		case "cut":
			o.limit, failed = strconv.ParseInt(value, 10, 64)
		case "date":
			o.late, failed = time.ParseDuration(value)
		case "streams", "ends":
			o.streams, failed = parseStreamLimit(value, key == "ends")
		default:
			failed = fmt.Errorf("unknown option %s", option)
		}
		err = errors.Join(err, failed)
	}
	return o, err
}

// gateway is a TLS server that passes on all that it is asked.
func (s *suite) gateway(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: gateway name [refuse=protocol] [cut=bytes] [date=duration] [streams=limit] [ends=limit]")
	}
	options, err := parseGateway(args[1:])
	ts.Check(err)
	log := newLog(ts, args[0])
	proxy := s.reverseProxy(ts)
	proxy.ErrorLog = stdlog.New(io.Discard, "", 0) // streams are cut on purpose
	proxy.ModifyResponse = func(r *http.Response) error {
		if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
			r.Header.Set("Date", date.Add(options.late).UTC().Format(http.TimeFormat))
		}
		if options.streams != (streamLimit{}) && isStream(r.Request) && r.StatusCode == http.StatusOK {
			log.line("%s %s", r.Request.Method, r.Request.URL.Path)
			r.Body = options.streams.limit(r.Body)
		}
		return nil
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol := r.Header.Get("Upgrade")
		if protocol == "" {
			proxy.ServeHTTP(w, r)
			return
		}
		log.line("%s %s %s %s", r.Method, r.URL.Path, protocol, r.Header.Get("Impersonate-User"))
		if strings.EqualFold(protocol, options.refuse) {
			http.Error(w, "no upgrade to "+protocol+" here", http.StatusBadRequest)
			return
		}
		proxy.ServeHTTP(&cutWriter{ResponseWriter: w, limit: options.limit}, r)
	}))
	server.StartTLS()
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	addContext(ts, args[0], &clientcmdapi.Cluster{Server: server.URL, InsecureSkipTLSVerify: true})
}

// isStream reports whether r asks for a watch or a log.
func isStream(r *http.Request) bool {
	return r.URL.Query().Get("watch") != "" || strings.HasSuffix(r.URL.Path, "/log")
}

func (l streamLimit) limit(body io.ReadCloser) io.ReadCloser {
	limited := &limitedBody{ReadCloser: body, limit: l, remaining: l.bytes}
	if l.time > 0 {
		limited.timer = time.AfterFunc(l.time, func() { _ = body.Close() })
	}
	return limited
}

type limitedBody struct {
	io.ReadCloser

	limit     streamLimit
	remaining int64
	timer     *time.Timer
}

// Read implements io.Reader. A response that ends with an error is cut by the proxy.
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.limit.bytes > 0 {
		p = p[:min(int64(len(p)), b.remaining)]
	}
	if len(p) == 0 {
		return 0, b.end()
	}
	n, err := b.ReadCloser.Read(p)
	b.remaining -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.end()
	}
	return n, err
}

func (b *limitedBody) end() error {
	if b.limit.complete {
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}

// Close implements io.Closer.
func (b *limitedBody) Close() error {
	if b.timer != nil {
		b.timer.Stop()
	}
	return b.ReadCloser.Close()
}

func (s *suite) reverseProxy(ts *testscript.TestScript) *httputil.ReverseProxy {
	target, err := url.Parse(s.config.Host)
	ts.Check(err)
	config, err := rest.TLSConfigFor(rest.AnonymousClientConfig(s.config))
	ts.Check(err)
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     &http.Transport{TLSClientConfig: config, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}},
		FlushInterval: -1, // watches are streams
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
}

// cutWriter hands out connections that end after so many bytes; 0 is no limit.
type cutWriter struct {
	http.ResponseWriter

	limit int64
}

// Unwrap lets http.ResponseController find what else the writer can do.
func (w *cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker.
func (w *cutWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil || w.limit == 0 {
		return conn, buffered, err
	}
	return &cutConn{Conn: conn, remaining: w.limit}, buffered, nil
}

type cutConn struct {
	net.Conn

	remaining int64
}

// Write implements net.Conn. The last bytes do get out.
func (c *cutConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p[:min(int64(len(p)), c.remaining)])
	if c.remaining -= int64(n); c.remaining <= 0 && err == nil {
		_ = c.Close()
		err = io.ErrClosedPipe
	}
	return n, err
}
