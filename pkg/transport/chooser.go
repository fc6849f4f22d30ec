package transport

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// How long a way is waited for while there are others, and when the next one is
// started beside it. A policy that drops packets never answers: it costs the
// patience, once. A way that has worked before is likely to come back.
const (
	defaultHeadStart = time.Second
	defaultPatience  = 2500 * time.Millisecond

	headStartAgain = 5 * time.Second
	patienceAgain  = 10 * time.Second
)

// No try takes longer, the last one neither. The cluster's own dials give up
// after 30 s, and their words are worth having.
const attempt = 45 * time.Second

// Chooser dials over the first of several ways that works, and stays with it.
//
// Its first dial tries them in their order: one that is refused gives way to the
// next at once, one that is silent for a second gets the next started beside it
// and is still preferred if it answers within 2.5 s. Later dials use the way that
// worked; when that fails, the ways that have not been given up are tried behind
// it. A way that failed, or was too slow, while another worked is given up, and
// not tried again for each connection. When all have failed the dial fails, and
// the next one starts afresh with all of them.
type Chooser struct {
	ways   []Dialer
	trace  func(string)
	client *http.Client
	live   live

	headStart, patience time.Duration // with a way that has not worked before

	choosing chan struct{} // holds one token: one dial at a time chooses

	mu      sync.Mutex
	chosen  int   // -1: none
	round   int   // counts the choices, so that a dial sees that it is out of date
	failure error // of the last choice
	givenUp map[int]bool
	worked  map[int]bool
}

// NewChooser returns a Chooser of the ways, the preferred one first, at least
// one. Trace is called with a line for each decision and its reason; nil is
// nobody. It may be called from any goroutine.
func NewChooser(trace func(string), ways ...Dialer) *Chooser {
	if trace == nil {
		trace = func(string) {}
	}
	c := &Chooser{
		ways: ways, trace: trace, chosen: -1,
		headStart: defaultHeadStart, patience: defaultPatience,
		choosing: make(chan struct{}, 1),
		givenUp:  map[int]bool{}, worked: map[int]bool{},
	}
	c.client = newClient(c.Dial)
	return c
}

// Name implements Dialer: that of the way in use, "" before one was found and
// after all have failed.
func (c *Chooser) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chosen < 0 {
		return ""
	}
	return c.ways[c.chosen].Name()
}

// HTTPClient returns the one client whose connections the Chooser dials, for
// URLs that begin with http:// and Host. It repeats no request, but for what
// net/http repeats: on a connection that broke while it waited for the next
// request, one without a body or with the header Idempotency-Key.
func (c *Chooser) HTTPClient() *http.Client { return c.client }

// Close ends all connections that were dialed, and every dial from now on.
func (c *Chooser) Close() {
	c.live.close()
	c.client.CloseIdleConnections()
}

// Dial implements Dialer. Errors: that of the only way; with several, an
// UnreachableError.
func (c *Chooser) Dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	remove, err := c.live.add(cancel)
	if err != nil {
		return nil, err
	}
	defer remove()
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	return c.live.register(conn)
}

func (c *Chooser) dial(ctx context.Context) (net.Conn, error) {
	chosen, round, _ := c.state()
	var lost error
	if chosen >= 0 {
		// Beside other dials, and not raced: nearly always it works.
		conn, err := c.redial(ctx, chosen)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		lost = err
	}
	select {
	case c.choosing <- struct{}{}:
		defer func() { <-c.choosing }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	current, newRound, failure := c.state()
	switch {
	case newRound == round:
		return c.choose(ctx, chosen, lost)
	case current >= 0: // another dial has chosen meanwhile
		return c.try(ctx, current)
	}
	return nil, failure
}

// state returns the way in use or -1, the number of choices so far, and why the
// last one failed.
func (c *Chooser) state() (chosen, round int, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chosen, c.round, c.failure
}

// redial dials over the way that has worked. It is not waited for endlessly where
// there are others.
func (c *Chooser) redial(ctx context.Context, way int) (net.Conn, error) {
	if len(c.order(way)) > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, patienceAgain, silentError{patienceAgain})
		defer cancel()
	}
	return c.try(ctx, way)
}

// order is the ways to try beside that one.
func (c *Chooser) order(except int) []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var order []int
	for i := range c.ways {
		if i != except && !c.givenUp[i] {
			order = append(order, i)
		}
	}
	return order
}

// choose finds a way other than lost, which is -1 or has just failed with err.
func (c *Chooser) choose(ctx context.Context, lost int, err error) (net.Conn, error) {
	v := c.race(ctx, c.order(lost))
	if ctx.Err() != nil {
		drop(nil, v)
		return nil, context.Cause(ctx)
	}
	if lost >= 0 {
		v.failures[lost] = err
	}
	for i, way := range c.ways {
		if err, failed := v.failures[i]; failed {
			c.trace(fmt.Sprintf("transport %s failed: %v", way.Name(), err))
		}
	}
	if v.conn != nil {
		c.trace("connected through " + c.ways[v.way].Name())
	}
	return v.conn, c.recordVerdict(v)
}

// recordVerdict makes the verdict the state.
func (c *Chooser) recordVerdict(v verdict) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round++
	c.chosen = v.way
	if v.conn == nil {
		c.failure = c.unreachable(v.failures)
		clear(c.givenUp)
		return c.failure
	}
	for i := range v.failures {
		c.givenUp[i] = true
	}
	c.worked[v.way] = true
	return nil
}

// try dials over one way.
func (c *Chooser) try(ctx context.Context, way int) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, attempt, silentError{attempt})
	defer cancel()
	conn, err := c.ways[way].Dial(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return conn, err
}

// unreachable is the error of a dial for which all failed.
func (c *Chooser) unreachable(failures map[int]error) error {
	if len(c.ways) == 1 {
		return failures[0]
	}
	e := &UnreachableError{}
	for i, way := range c.ways {
		if err, failed := failures[i]; failed {
			e.Names, e.Causes = append(e.Names, way.Name()), append(e.Causes, err)
		}
	}
	return e
}
