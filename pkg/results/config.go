package results

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Config is the environment of a fetch: the cluster, the clocks, and the receivers of messages. All fields are
// required, except those whose comments say otherwise. A fetch from a bucket needs no cluster: it uses none of Client,
// Executor, Tunnel and Server.
type Config struct {
	// Client, Executor and Tunnel reach the cluster.
	Client   clients.Interface
	Executor transport.Executor
	Tunnel   func(namespace, pod string, port int) (transport.Dialer, error)
	// Server returns the URL of the API server. It identifies the cluster in the cache of paths.
	Server func() (string, error)
	// Clock is the local clock, and ServerClock that of the API server, which dates objects.
	Clock       clock.Clock
	ServerClock clock.PassiveClock
	// CacheDir is a directory of the user for receipts, paths and interrupted uploads; empty for none.
	CacheDir string
	// Say prints a message of one or more lines.
	Say func(lines ...string)
	// Trace logs which transport is used, and why.
	Trace func(text string)
	// Progress shows how far a transfer is.
	Progress Progress
	// Commands formats command lines for messages.
	Commands Commands
	// OwnBuckets returns the user's own buckets at an S3 endpoint: objects are deleted in no others.
	OwnBuckets func(endpoint string) []string
	// Finished receives each outcome when its fetch has ended, with success or with an error, and before leftovers of
	// other fetches are deleted. It is not called if Fetch returns no outcome. FetchJobs calls it for each job that
	// it tries to fetch, even if that fetch does not start, but not for jobs whose results it cannot locate. An error of
	// Finished is returned, and FetchJobs then fetches no more jobs. Finished may be nil.
	Finished func(*Outcome) error
}

// receipts is the directory of receipts; empty for none.
func (c *Config) receipts() string {
	if c.CacheDir == "" {
		return ""
	}
	return filepath.Join(c.CacheDir, "receipts")
}

// PathCache returns the directory, below the cache directory of the user, of the paths that fetches have listed.
func PathCache(cacheDir string) string { return filepath.Join(cacheDir, "paths") }

// Progress shows how far the transfers are, one after the other. Its methods may be called at the same time.
type Progress interface {
	// Start shows a new transfer; job names it if there are several, else it is empty.
	Start(job string)
	// Waiting shows what the transfer waits for.
	Waiting(reason string)
	// Report shows how far the transfer is, and its transport if that is known. It is called often.
	Report(progress transfer.Progress, transport string)
	// Retry reports an interruption, and that the transfer is retried after a pause.
	Retry(retry int, pause time.Duration, cause string)
	// Done ends a transfer; failed is nil if it succeeded.
	Done(failed error)
}

// Commands formats command lines that a user can run as they are.
type Commands interface {
	// Line returns a command line of this program for the same cluster and namespace. The first word is the verb.
	Line(words ...string) string
	// Kubectl returns the same for kubectl.
	Kubectl(words ...string) string
	// Quote returns word as a shell needs it.
	Quote(word string) string
}

// RequestError reports that the request itself is wrong: only a different request can succeed. Not every error in a
// request has this type: a path outside the volume, for example, does not.
type RequestError struct{ Err error }

// Error implements error.
func (e *RequestError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *RequestError) Unwrap() error { return e.Err }

func requestErrorf(format string, args ...any) error {
	return &RequestError{Err: fmt.Errorf(format, args...)}
}

// errNoAgent is the reason why a build without agents needs tar.
var errNoAgent = errors.New("this build of kubectl-batch does not contain the agent; build it with make build")

// messages prints messages. If there are objects in several namespaces, each message begins with the name of its object.
type messages struct {
	print func(lines ...string)
	scope string
}

// scoped returns messages about one object.
func (m messages) scoped(name string) messages {
	m.scope = name + ": "
	return m
}

func (m messages) say(text string) { m.sayLines(text) }

func (m messages) sayf(format string, args ...any) { m.say(fmt.Sprintf(format, args...)) }

// sayLines prints one message of several lines.
func (m messages) sayLines(lines ...string) {
	i := slices.IndexFunc(lines, func(line string) bool { return line != "" })
	if i >= 0 && m.scope != "" {
		lines = slices.Clone(lines)
		lines[i] = m.scope + lines[i]
	}
	m.print(lines...)
}
