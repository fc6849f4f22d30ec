package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// metered returns both ends of a connection, the first one metered.
func metered(t *testing.T, meter *transport.Meter) (near, far net.Conn) {
	t.Helper()
	near, far = net.Pipe()
	near, err := meter.Conn(t.Context(), near)
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}

// Bytes are counted by direction, over all connections.
func TestMeterCounts(t *testing.T) {
	meter := transport.NewMeter(0)
	for range 2 {
		near, far := metered(t, meter)
		go func() { _, _ = io.Copy(far, io.LimitReader(far, 7)); _ = far.Close() }()
		if _, err := io.WriteString(near, "7 bytes"); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(near); err != nil || string(got) != "7 bytes" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if meter.Sent() != 14 || meter.Received() != 14 {
		t.Errorf("%d sent, %d received", meter.Sent(), meter.Received())
	}
}

// The rate is kept from the first second on, whatever it is, in both directions.
func TestMeterLimits(t *testing.T) {
	for _, rate := range []int64{1 << 10, 1e6, 10e9} {
		t.Run(strconv.FormatInt(rate, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { limits(t, rate) })
		})
	}
}

func limits(t *testing.T, rate int64) {
	t.Helper()
	meter := transport.NewMeter(rate)
	near, far := metered(t, meter)
	total := min(3*rate, 64<<20)
	go func() {
		_, _ = io.CopyN(far, zeros{}, total)
		_, _ = io.Copy(io.Discard, far)
	}()
	begin := time.Now()
	buffer := make([]byte, 64<<10)
	for got := int64(0); got < total; {
		n, err := near.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		got += int64(n)
		if limit := int64(time.Since(begin).Seconds()*float64(rate)) + rate/10 + 1; got > limit {
			t.Fatalf("%d bytes after %v; at most %d", got, time.Since(begin), limit)
		}
	}
	if _, err := near.Write(make([]byte, total)); err != nil {
		t.Fatal(err)
	}
	want := time.Duration(float64(max(0, 2*total-rate/10)) / float64(rate) * float64(time.Second))
	took := time.Since(begin)
	if took < want-want/50 || took > want+want/50+time.Millisecond {
		t.Errorf("%d bytes took %v; want %v", 2*total, took, want)
	}
	_ = near.Close()
	_ = far.Close()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// Closing wakes who waits for the limit.
func TestMeterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := metered(t, transport.NewMeter(10))
		go func() { _, _ = io.Copy(io.Discard, far) }()
		begin := time.Now()
		time.AfterFunc(time.Minute, func() { _ = near.Close() })
		if n, err := near.Write(make([]byte, 1e6)); !errors.Is(err, net.ErrClosed) || n < 590 || n > 610 {
			t.Errorf("%d, %v", n, err)
		}
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("%v", took)
		}
		_ = far.Close()
	})
}

type execFunc func(ctx context.Context, stdio transport.Stdio) error

func (f execFunc) Exec(ctx context.Context, _ transport.Container, _ []string, stdio transport.Stdio) error {
	return f(ctx, stdio)
}

// An exec's streams count and are limited; those that are not there stay away.
func TestMeterExecutor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		meter := transport.NewMeter(1000)
		begin := time.Now()
		err := meter.Executor(execFunc(func(_ context.Context, stdio transport.Stdio) error {
			_, _ = io.Copy(io.Discard, stdio.In)
			_, err := stdio.Out.Write(make([]byte, 5000))
			_, _ = stdio.Err.Write(make([]byte, 50))
			return err
		})).Exec(t.Context(), transport.Container{}, nil, transport.Stdio{In: strings.NewReader("123"), Out: io.Discard, Err: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		if meter.Sent() != 3 || meter.Received() != 5050 {
			t.Errorf("%d sent, %d received", meter.Sent(), meter.Received())
		}
		if took := time.Since(begin); took < 4900*time.Millisecond || took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		_ = meter.Executor(execFunc(func(_ context.Context, stdio transport.Stdio) error {
			if stdio != (transport.Stdio{}) {
				t.Errorf("%+v; want no streams", stdio)
			}
			return nil
		})).Exec(t.Context(), transport.Container{}, nil, transport.Stdio{})
	})
}
