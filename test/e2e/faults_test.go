//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const helperLabel = "app.kubernetes.io/component=fetch-helper"

// faultCommands break what a fetch goes over, or stand in its way and look:
//
//	drop                     packets from the API server to the helpers that the script
//	                         has now vanish, until its end
//	gateway NAME [refuse=PROTOCOL] [cut=BYTES] [date=DURATION] [streams=LIMIT] [ends=LIMIT]
//	                         a context NAME that goes through a server before the API
//	                         server; it refuses upgrades to PROTOCOL, and closes each
//	                         upgraded connection after BYTES; the Date header of
//	                         responses is that much later; each watch and each log is
//	                         cut (streams), or seems to be complete (ends), after LIMIT,
//	                         which is a duration or a number of bytes; NAME.log has a
//	                         line of method, path, protocol and Impersonate-User an
//	                         upgrade, and of method and path a stream with a LIMIT
//	faulty NAME seed=N rate=FRACTION FAULT...
//	                         a context NAME whose requests fail now and then; NAME.log
//	                         has a line of fault, method and path for each
//	stall NAME METHOD PATTERN
//	                         a context NAME whose server never answers requests of
//	                         METHOD whose path matches PATTERN; NAME.log has a line of
//	                         method and path for each
//	connect NAME             a context NAME whose proxy-url is an HTTP proxy, without
//	                         which its server cannot be reached; NAME.log has a line
//	                         for each connection
//	without-agents DIR       build a kubectl-batch that holds no agent
//	build-program NAME FILE  build the program in the directory NAME here, for a pod
//	cluster ARG...           the command of test/cluster, for clusters of ours
func (s *suite) faultCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"drop": s.drop, "gateway": s.gateway, "faulty": s.faulty, "stall": s.stall, "connect": s.connect,
		"without-agents": withoutAgents, "build-program": buildProgram, "cluster": clusterCommand,
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
	server, err := net.Dial("tcp", host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = server.Close() }()
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = client.Close() }()
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
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
	packed, err := filepath.Glob("../../pkg/agent/embedded/programs/*.gz")
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

func buildProgram(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: build-program name file")
	}
	build(ts, []string{"CGO_ENABLED=0"}, "-o", ts.MkAbs(args[1]), "./"+args[0])
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
