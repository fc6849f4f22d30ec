package transport

import (
	"context"
	"fmt"
	"maps"
	"net"
	"time"
)

// silentError says that a transport did not respond within a time.
type silentError struct{ timeout time.Duration }

// Error implements error.
func (e silentError) Error() string {
	return fmt.Sprintf("no response within %v; a network policy or a firewall may drop the packets", e.timeout)
}

// verdict is the result of a race: the winner, and the errors of the others.
type verdict struct {
	way      int      // -1: none
	conn     net.Conn // nil: none
	failures map[int]error
}

// behind adds the failures of an earlier verdict.
func (v verdict) behind(earlier verdict) verdict {
	maps.Copy(v.failures, earlier.failures)
	return v
}

// race dials through several transports. The second one starts when the first one has
// failed or has not responded within its head start, and so on.
func (c *Chooser) race(ctx context.Context, order []int) verdict {
	switch len(order) {
	case 0:
		return verdict{-1, nil, map[int]error{}}
	case 1:
		return c.alone(ctx, order[0])
	}
	ctx, cancel := context.WithCancel(ctx) // stops the transports that did not win
	defer cancel()
	start, wait := c.waits(order[0])
	preferred := async(func() verdict { return c.alone(ctx, order[0]) })
	timer := time.NewTimer(start)
	defer timer.Stop()
	select {
	case v := <-preferred:
		if v.conn != nil {
			return v
		}
		return c.race(ctx, order[1:]).behind(v)
	case <-timer.C:
	}
	c.trace(fmt.Sprintf("no response through %s for %v, also trying %s", c.ways[order[0]].Name(), start, c.ways[order[1]].Name()))
	rest := async(func() verdict { return c.race(ctx, order[1:]) })
	return c.awaitWinner(preferred, rest, verdict{-1, nil, map[int]error{order[0]: silentError{wait}}}, time.NewTimer(wait-start))
}

// awaitWinner waits for the preferred transport and for the race of the rest. Until the
// patience ends, only the preferred one can win. After that, the first response wins.
func (c *Chooser) awaitWinner(preferred, rest <-chan verdict, silent verdict, patience *time.Timer) verdict {
	defer patience.Stop()
	expired := patience.C
	var held verdict
	for {
		select {
		case v := <-preferred:
			switch {
			case v.conn != nil:
				go drop(rest, held)
				return v
			case held.conn != nil:
				return held.behind(v)
			}
			return (<-rest).behind(v)
		case held = <-rest:
			rest = nil
			if held.conn == nil {
				return (<-preferred).behind(held)
			}
		case <-expired:
			expired = nil
		}
		if expired == nil && held.conn != nil {
			go drop(preferred, verdict{})
			return held.behind(silent)
		}
	}
}

// drop closes a connection that was not used.
func drop(late <-chan verdict, held verdict) {
	if held.conn == nil && late != nil {
		held = <-late
	}
	if held.conn != nil {
		_ = held.conn.Close()
	}
}

// alone tries one transport.
func (c *Chooser) alone(ctx context.Context, way int) verdict {
	conn, err := c.try(ctx, way)
	if err != nil {
		return verdict{-1, nil, map[int]error{way: err}}
	}
	return verdict{way, conn, map[int]error{}}
}

func async(f func() verdict) <-chan verdict {
	done := make(chan verdict, 1)
	go func() { done <- f() }()
	return done
}

// waits returns when the next transport is started, and how long this one is preferred.
func (c *Chooser) waits(way int) (start, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.worked[way] {
		return headStartAgain, patienceAgain
	}
	return c.headStart, c.patience
}
