package link

import (
	"context"
	"io"
	"net"
	"time"

	"golang.org/x/time/rate"
)

// A Delay is a TCP forwarder that holds back what passes it, as a long line
// does. It does not limit how much is under way.
type Delay struct {
	listener net.Listener
	target   string
	oneWay   time.Duration
	// limit is of all that passes, in either direction; nil for none.
	limit *rate.Limiter
}

// NewDelay forwards a port of the loopback address to target; what is sent
// arrives half of roundTrip later. ctx ends it.
func NewDelay(ctx context.Context, target string, roundTrip time.Duration) (*Delay, error) {
	return newDelay(ctx, target, roundTrip, nil)
}

// NewThrottled forwards a port of the loopback address to target, so many bytes a second of all
// connections together. ctx ends it.
func NewThrottled(ctx context.Context, target string, bytesPerSecond int) (*Delay, error) {
	return newDelay(ctx, target, 0, rate.NewLimiter(rate.Limit(bytesPerSecond), parcelBytes))
}

func newDelay(ctx context.Context, target string, roundTrip time.Duration, limit *rate.Limiter) (*Delay, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Delay{listener: listener, target: target, oneWay: roundTrip / 2, limit: limit}
	context.AfterFunc(ctx, func() { _ = listener.Close() }) // the run is over
	go d.serve(ctx)
	return d, nil
}

// Addr is where it listens.
func (d *Delay) Addr() string { return d.listener.Addr().String() }

func (d *Delay) serve(ctx context.Context) {
	for {
		client, err := d.listener.Accept()
		if err != nil {
			return
		}
		go d.join(ctx, client.(*net.TCPConn))
	}
}

func (d *Delay) join(ctx context.Context, client *net.TCPConn) {
	defer func() { _ = client.Close() }() // whatever there was to say has been said
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.target)
	if err != nil {
		return
	}
	server := conn.(*net.TCPConn)
	defer func() { _ = server.Close() }() // as above
	stop := context.AfterFunc(ctx, func() { _ = client.Close(); _ = server.Close() })
	defer stop()
	opened := time.Now().Add(2 * d.oneWay) // a connection takes a round trip to open
	done := make(chan struct{}, 2)
	go func() { d.carry(server, client, opened); done <- struct{}{} }()
	go func() { d.carry(client, server, time.Now()); done <- struct{}{} }()
	<-done
	<-done
}

// parcel is what was read, and when it may arrive.
type parcel struct {
	due  time.Time
	data []byte
}

const (
	parcelBytes = 256 << 10
	underWay    = 1 << 14 // parcels; most are far smaller than parcelBytes
	throttled   = 4       // of them on a throttled line, whose sender should notice
)

// carry copies what one connection sends to the other, each byte oneWay later
// than it was sent, and as if none had been sent before notBefore.
func (d *Delay) carry(destination, source *net.TCPConn, notBefore time.Time) {
	capacity := underWay
	if d.limit != nil {
		capacity = throttled
	}
	line := make(chan parcel, capacity)
	go func() {
		defer close(line)
		buffer := make([]byte, parcelBytes)
		for {
			n, err := source.Read(buffer)
			sent := time.Now()
			if sent.Before(notBefore) {
				sent = notBefore
			}
			if n > 0 {
				line <- parcel{sent.Add(d.oneWay), append([]byte(nil), buffer[:n]...)}
			}
			if err != nil {
				return
			}
		}
	}()
	if d.deliver(destination, line) != nil {
		_ = source.CloseRead() // nobody is there to read it
		for range line {       // lets the reader end
		}
		return
	}
	_ = destination.CloseWrite() // the other side may be gone
}

func (d *Delay) deliver(destination io.Writer, line <-chan parcel) error {
	for p := range line {
		time.Sleep(time.Until(p.due))
		if d.limit != nil {
			if err := d.limit.WaitN(context.Background(), len(p.data)); err != nil {
				return err
			}
		}
		if _, err := destination.Write(p.data); err != nil {
			return err
		}
	}
	return nil
}
