//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const helperLabel = "app.kubernetes.io/component=fetch-helper"

// faultCommands break what a fetch goes over, or stand in its way and look:
//
//	drop                     packets from the API server to the helpers that the script
//	                         has now vanish, until its end
//	gateway NAME [refuse=PROTOCOL] [cut=BYTES]
//	                         a context NAME that goes through a server before the API
//	                         server; it refuses upgrades to PROTOCOL, and closes each
//	                         upgraded connection after BYTES; NAME.log has a line of
//	                         method, path, protocol and Impersonate-User an upgrade
//	connect NAME             a context NAME whose proxy-url is an HTTP proxy, without
//	                         which its server cannot be reached; NAME.log has a line
//	                         for each connection
//	without-agents DIR       build a kubectl-batch that holds no agent
//	build-stranger FILE      build the program that knocks at an agent's door
//	cluster ARG...           the command of test/cluster, for clusters of ours
func (s *suite) faultCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"drop": s.drop, "gateway": s.gateway, "connect": s.connect,
		"without-agents": withoutAgents, "build-stranger": buildStranger, "cluster": clusterCommand,
	}
}

// drop has the kernel throw away what goes from this machine, where the API
// server of a cluster of ours runs, to the helpers. What nodes send is let through.
func (s *suite) drop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: drop")
	}
	namespace, _ := ts.Value(namespaceKey{}).(string)
	helpers, err := s.client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: helperLabel})
	ts.Check(err)
	if len(helpers.Items) == 0 {
		ts.Fatalf("there is no helper")
	}
	for _, helper := range helpers.Items {
		rule := []string{"OUTPUT", "-d", helper.Status.PodIP, "-j", "DROP"}
		iptables(ts, "-I", rule)
		ts.Defer(func() { iptables(ts, "-D", rule) })
	}
}

func iptables(ts *testscript.TestScript, action string, rule []string) {
	out, err := exec.Command("iptables", append([]string{"-w", action}, rule...)...).CombinedOutput()
	ts.Logf("iptables %s %s", action, strings.Join(rule, " "))
	if err != nil {
		ts.Fatalf("%v: %s", err, out)
	}
}

// gateway is a TLS server that passes on all that it is asked.
func (s *suite) gateway(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: gateway name [refuse=protocol] [cut=bytes]")
	}
	name, refuse, most := args[0], "", int64(0)
	for _, option := range args[1:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "refuse":
			refuse = value
		case "cut":
			n, err := strconv.ParseInt(value, 10, 64)
			ts.Check(err)
			most = n
		default:
			ts.Fatalf("gateway: unknown option %s", option)
		}
	}
	log := newLog(ts, name)
	proxy := s.reverseProxy(ts)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol := r.Header.Get("Upgrade")
		if protocol == "" {
			proxy.ServeHTTP(w, r)
			return
		}
		log.line("%s %s %s %s", r.Method, r.URL.Path, protocol, r.Header.Get("Impersonate-User"))
		if strings.EqualFold(protocol, refuse) {
			http.Error(w, "no upgrade to "+protocol+" here", http.StatusBadRequest)
			return
		}
		proxy.ServeHTTP(&cutWriter{ResponseWriter: w, most: most}, r)
	}))
	server.StartTLS()
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	addContext(ts, name, &clientcmdapi.Cluster{Server: server.URL, InsecureSkipTLSVerify: true})
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

	most int64
}

// Unwrap lets http.ResponseController find what else the writer can do.
func (w *cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker.
func (w *cutWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil || w.most == 0 {
		return conn, buffered, err
	}
	return &cutConn{Conn: conn, left: w.most}, buffered, nil
}

type cutConn struct {
	net.Conn

	left int64
}

// Write implements net.Conn. The last bytes do get out.
func (c *cutConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p[:min(int64(len(p)), c.left)])
	if c.left -= int64(n); c.left <= 0 && err == nil {
		_ = c.Close()
		err = io.ErrClosedPipe
	}
	return n, err
}

// connect is a proxy that knows CONNECT and nothing else.
func (s *suite) connect(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: connect name")
	}
	log := newLog(ts, args[0])
	address, err := url.Parse(s.config.Host)
	ts.Check(err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		log.line("CONNECT %s", r.Host)
		splice(w, address.Host)
	}))
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	addContext(ts, args[0], &clientcmdapi.Cluster{
		Server: "https://only-the-proxy-knows.invalid", TLSServerName: address.Hostname(), ProxyURL: server.URL,
		CertificateAuthority: s.config.CAFile, CertificateAuthorityData: s.config.CAData,
	})
}

// splice joins the asking connection to host until either ends.
func splice(w http.ResponseWriter, host string) {
	there, err := net.Dial("tcp", host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = there.Close() }()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{here, there}, {there, here}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// addContext adds a way to the cluster to the script's kubeconfig.
func addContext(ts *testscript.TestScript, name string, cluster *clientcmdapi.Cluster) {
	file := ts.Getenv("KUBECONFIG")
	config, err := clientcmd.LoadFromFile(file)
	ts.Check(err)
	context := config.Contexts[config.CurrentContext].DeepCopy()
	context.Cluster = name
	config.Clusters[name], config.Contexts[name] = cluster, context
	ts.Check(clientcmd.WriteToFile(*config, file))
}

// lines is a file that scripts can look at while it grows.
type lines struct {
	mutex sync.Mutex
	file  *os.File
}

func newLog(ts *testscript.TestScript, name string) *lines {
	file, err := os.Create(ts.MkAbs(name + ".log"))
	ts.Check(err)
	ts.Defer(func() { _ = file.Close() })
	return &lines{file: file}
}

func (l *lines) line(format string, args ...any) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, _ = fmt.Fprintln(l.file, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// withoutAgents builds what plain `go install` does in a fresh checkout.
func withoutAgents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: without-agents dir")
	}
	packed, err := filepath.Glob("../../pkg/agent/binary/embedded/*.gz")
	ts.Check(err)
	overlay := map[string]map[string]string{"Replace": {}}
	for _, file := range packed {
		file, err := filepath.Abs(file)
		ts.Check(err)
		overlay["Replace"][file] = "" // is not there
	}
	text, err := json.Marshal(overlay)
	ts.Check(err)
	file := ts.MkAbs("overlay.json")
	ts.Check(os.WriteFile(file, text, 0o600))
	build(ts, nil, "-overlay", file, "-o", filepath.Join(ts.MkAbs(args[0]), "kubectl-batch"), "../../cmd/kubectl-batch")
}

func buildStranger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: build-stranger file")
	}
	build(ts, []string{"CGO_ENABLED=0"}, "-o", ts.MkAbs(args[0]), "./stranger")
}

func build(ts *testscript.TestScript, env []string, args ...string) {
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("go build %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func clusterCommand(ts *testscript.TestScript, neg bool, args []string) {
	program := os.Getenv("CLUSTER_COMMAND")
	if program == "" {
		ts.Fatalf("CLUSTER_COMMAND is not set: this is no cluster of ours")
	}
	cmd := exec.Command(program, args...) // in our environment: the script's home is none that has a cluster
	out, err := cmd.CombinedOutput()
	ts.Logf("%s", out)
	if (err != nil) != neg {
		ts.Fatalf("cluster %s: %v", strings.Join(args, " "), err)
	}
}
