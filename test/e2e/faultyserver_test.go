//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// maxDelay is the longest time that a delayed request waits.
const maxDelay = 500 * time.Millisecond

// faultyServer stands before the API server and makes some requests fail. Which
// ones depends on the seed, the method, the path and how often both were asked
// for before, and on nothing else: the same commands meet the same faults.
type faultyServer struct {
	handler http.Handler
	log     *lines
	seed    uint64
	rate    float64
	faults  []string

	mutex sync.Mutex
	count map[string]int
}

// faulty adds a context that goes through a faultyServer:
//
//	faulty NAME seed=N rate=FRACTION FAULT...
//
// Each FAULT is a status (403, 409, 429, 500), "refuse" (the connection ends
// before the request reaches the API server), "cut" (it ends after the API server
// has carried out the request) or "delay". Reads never meet 403 or 409: an API
// server that does not let a user read says so every time.
func (s *suite) faulty(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: faulty NAME seed=N rate=FRACTION FAULT...")
	}
	seed, err := strconv.ParseUint(strings.TrimPrefix(args[1], "seed="), 10, 64)
	ts.Check(err)
	rate, err := strconv.ParseFloat(strings.TrimPrefix(args[2], "rate="), 64)
	ts.Check(err)
	ts.Logf("faulty %s: seed %d, rate %g, faults %v", args[0], seed, rate, args[3:])
	server := httptest.NewUnstartedServer(&faultyServer{
		handler: s.reverseProxy(ts), log: newLog(ts, args[0]), seed: seed, rate: rate, faults: args[3:], count: map[string]int{},
	})
	server.StartTLS()
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	addContext(ts, args[0], &clientcmdapi.Cluster{Server: server.URL, InsecureSkipTLSVerify: true})
}

// ServeHTTP implements http.Handler.
func (f *faultyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := f.choose(r)
	if fault == "" {
		f.handler.ServeHTTP(w, r)
		return
	}
	f.log.line("%s %s %s", fault, r.Method, r.URL.Path)
	switch fault {
	case "refuse":
		panic(http.ErrAbortHandler)
	case "cut":
		f.carryOut(r)
		panic(http.ErrAbortHandler)
	case "delay":
		time.Sleep(time.Duration(f.random(r).Int64N(int64(maxDelay))))
		f.handler.ServeHTTP(w, r)
	default:
		code, _ := strconv.Atoi(fault)
		writeStatus(w, code)
	}
}

// choose returns the fault that a request meets, "" for none.
func (f *faultyServer) choose(r *http.Request) string {
	f.mutex.Lock()
	f.count[r.Method+r.URL.Path]++
	f.mutex.Unlock()
	random := f.random(r)
	if random.Float64() >= f.rate {
		return ""
	}
	fault := f.faults[random.IntN(len(f.faults))]
	stream := r.Header.Get("Upgrade") != "" || r.URL.Query().Get("watch") != "" || r.URL.Query().Get("follow") != ""
	if (r.Method == http.MethodGet || stream) && (fault == "403" || fault == "409") || stream && fault == "cut" {
		return ""
	}
	return fault
}

func (f *faultyServer) random(r *http.Request) *rand.Rand {
	f.mutex.Lock()
	n := f.count[r.Method+r.URL.Path]
	f.mutex.Unlock()
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, r.Method+r.URL.Path)
	return rand.New(rand.NewPCG(f.seed, sum.Sum64()+uint64(n)))
}

// carryOut has the API server carry out a request, and drops its response.
func (f *faultyServer) carryOut(r *http.Request) {
	f.handler.ServeHTTP(httptest.NewRecorder(), r)
}

// writeStatus writes the error that an API server would.
func writeStatus(w http.ResponseWriter, code int) {
	reasons := map[int]metav1.StatusReason{
		http.StatusForbidden: metav1.StatusReasonForbidden, http.StatusConflict: metav1.StatusReasonConflict,
		http.StatusTooManyRequests: metav1.StatusReasonTooManyRequests, http.StatusInternalServerError: metav1.StatusReasonInternalError,
	}
	body, _ := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure,
		Code: int32(code), Reason: reasons[code], Message: "injected fault " + strconv.Itoa(code),
	})
	w.Header().Set("Content-Type", "application/json")
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(code)
	_, _ = io.Copy(w, bytes.NewReader(body))
}
