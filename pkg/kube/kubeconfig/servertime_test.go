package kubeconfig

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	clocktesting "k8s.io/utils/clock/testing"
)

// Every client of Flags measures the server's time with its normal requests.
func TestServerTimeOfClients(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"the same": 0, "behind": -8 * time.Hour, "ahead": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
				w.WriteHeader(http.StatusNotFound)
			}))
			defer server.Close()
			config := genericclioptions.NewConfigFlags(true)
			*config.APIServer = server.URL
			flags := NewFlags(config, func() bool { return true })
			clients, err := flags.Clientset()
			if err != nil {
				t.Fatal(err)
			}
			if got := flags.ServerTime().Offset(); got != 0 {
				t.Errorf("before the first response: %v", got)
			}
			_, _ = clients.CoreV1().Pods("x").Get(t.Context(), "x", metav1.GetOptions{})
			got := flags.ServerTime().Offset()
			if off := got - ahead; ahead == 0 && got != 0 || off.Abs() > 5*time.Second {
				t.Errorf("%v; want %v", got, ahead)
			}
		})
	}
}

func TestServerTime(t *testing.T) {
	base := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	type response struct{ date, sent, received time.Duration } // since base
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		responses []response
		want      time.Duration
	}{
		"none":                        {nil, 0},
		"the same second":             {[]response{{0, 300 * ms, 400 * ms}}, 0},
		"a slow response":             {[]response{{3 * time.Second, 0, 5 * time.Second}}, 0},
		"ahead":                       {[]response{{20 * time.Second, 100 * ms, 100 * ms}}, 20*time.Second + 400*ms},
		"behind":                      {[]response{{-8 * time.Hour, 500 * ms, 500 * ms}}, -8 * time.Hour},
		"two responses narrow it":     {[]response{{20 * time.Second, 0, 0}, {20 * time.Second, 800 * ms, 800 * ms}}, 20*time.Second + 100*ms},
		"the clock was set meanwhile": {[]response{{-8 * time.Hour, 0, 0}, {0, 500 * ms, 500 * ms}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := &ServerTime{}
			for _, r := range test.responses {
				server.learn(base.Add(r.date), base.Add(r.sent), base.Add(r.received))
			}
			if got := server.Offset(); got != test.want {
				t.Errorf("%v; want %v", got, test.want)
			}
			if got := server.Clock(clocktesting.NewFakePassiveClock(base)).Now(); !got.Equal(base.Add(test.want)) {
				t.Errorf("the clock: %v", got)
			}
		})
	}
}
