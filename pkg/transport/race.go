package transport

import (
	"context"
	"fmt"
	"maps"
	"net"
	"time"
)

// silentError is the failure of a way that says neither yes nor no.
type silentError struct{ timeout time.Duration }

// Error implements error.
func (e silentError) Error() string {
	return fmt.Sprintf("no response within %v; a network policy or a firewall may drop the packets", e.timeout)
}

// verdict is the end of a race: the winner, and why others did not win.
type verdict struct {
	way      int      // -1: none
	conn     net.Conn // nil: none
	failures map[int]error
}

// behind is the verdict of a race after the ways of earlier have failed in it.
func (v verdict) behind(earlier verdict) verdict {
	maps.Copy(v.failures, earlier.failures)
	return v
}

// race dials over several ways, the second of which starts when the first has
// failed or has been silent for its head start, and so on.
func (c *Chooser) race(ctx context.Context, order []int) verdict {
	switch len(order) {
	case 0:
		return verdict{-1, nil, map[int]error{}}
	case 1:
		return c.alone(ctx, order[0])
	}
	ctx, cancel := context.WithCancel(ctx) // ends those who lose
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

// awaitWinner waits for the first way and for the race of the rest: the first wins
// until the patience with it ends, then whoever answers.
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

// drop closes what is won too late.
func drop(late <-chan verdict, held verdict) {
	if held.conn == nil && late != nil {
		held = <-late
	}
	if held.conn != nil {
		_ = held.conn.Close()
	}
}

// alone tries one way.
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

// waits tells when the next way is started beside this one, and how long this
// one is preferred.
func (c *Chooser) waits(way int) (start, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.worked[way] {
		return headStartAgain, patienceAgain
	}
	return c.headStart, c.patience
}
