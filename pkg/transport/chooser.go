package transport

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// The patience is how long a transport is waited for while there are others, and the head
// start is when the next one is tried at the same time. With a network policy that drops
// packets, a connection never fails, so that the patience passes once. A transport that
// has worked before gets more time, because it is likely to recover.
const (
	defaultHeadStart = time.Second
	defaultPatience  = 2500 * time.Millisecond

	headStartAgain = 5 * time.Second
	patienceAgain  = 10 * time.Second
)

// attempt is the maximum time of one attempt. It is longer than the 30 s after which dials
// inside the cluster fail, because their error message is useful.
const attempt = 45 * time.Second

// Chooser dials through the first of several transports that works, and keeps using it.
//
// The first dial tries the transports in their order. If one fails, the next is tried at
// once. If one does not respond within a second, the next is tried at the same time, but
// the first is still preferred if it responds within 2.5 s. Later dials use the transport
// that worked. If it fails, the others are tried, except those that were given up: a
// transport is given up if it failed, or was too slow, while another one worked. If all
// fail, the dial fails, and the next dial tries all of them again.
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

// NewChooser returns a Chooser of one or more transports, the preferred one first. It calls
// trace, from any goroutine, with a line for each decision and its reason. trace may be nil.
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

// Name implements Dialer. It returns the name of the transport in use, "" if there is none.
func (c *Chooser) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chosen < 0 {
		return ""
	}
	return c.ways[c.chosen].Name()
}

// HTTPClient returns the client whose connections the Chooser dials, for URLs that begin
// with http:// and Host. It repeats a request only as net/http does: if an idle connection
// was lost, and the request has no body or has the header Idempotency-Key.
func (c *Chooser) HTTPClient() *http.Client { return c.client }

// Close closes all connections that were dialed. Every dial after it fails.
func (c *Chooser) Close() {
	c.live.close()
	c.client.CloseIdleConnections()
}

// Dial implements Dialer. With one transport, it returns the error of that; with several,
// an *UnreachableError.
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
		// This needs no lock and no race, because it nearly always works.
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

// state returns the index of the transport in use or -1, the number of choices so far, and
// the error of the last choice.
func (c *Chooser) state() (chosen, round int, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chosen, c.round, c.failure
}

// redial dials through the transport that has worked. If there are others, its time is limited.
func (c *Chooser) redial(ctx context.Context, way int) (net.Conn, error) {
	if len(c.order(way)) > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, patienceAgain, silentError{patienceAgain})
		defer cancel()
	}
	return c.try(ctx, way)
}

// order returns the indices of the transports to try, without except and those given up.
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

// choose selects a transport other than lost, which is -1 or has just failed with err.
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

// recordVerdict updates the state with the result of a race.
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

// try dials through one transport.
func (c *Chooser) try(ctx context.Context, way int) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, attempt, silentError{attempt})
	defer cancel()
	conn, err := c.ways[way].Dial(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return conn, err
}

// unreachable returns the error of a dial for which all transports failed.
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
