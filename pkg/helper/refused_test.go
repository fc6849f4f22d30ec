package helper

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// A delivery in which nothing moves is lost; Ctrl-C ends one at once.
func TestInstallStalls(t *testing.T) {
	stuck := executor(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	i := installer{exec: stuck, stallTimeout: 10 * time.Millisecond}
	if _, ok := errors.AsType[*UndeliveredError](i.deliver(t.Context())); !ok {
		t.Error("it is not told")
	}
	i.stallTimeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if err := i.install(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// executor is an Executor that runs nothing.
type executor func(ctx context.Context) error

func (e executor) Exec(ctx context.Context, _ transport.Container, _ []string, _ transport.Stdio) error {
	return e(ctx)
}

// A final error of exec is returned; after any other error, there is another attempt.
func TestInstallRefused(t *testing.T) {
	pods := corev1.Resource("pods")
	for name, test := range map[string]struct {
		err   error
		final bool
		execs int
	}{
		"forbidden":   {apierrors.NewForbidden(pods, "p", errors.New("no")), true, 1},
		"no such pod": {apierrors.NewNotFound(pods, "p"), false, 1},
		"lost":        {errors.New("connection reset by peer"), false, 3},
		"no answer":   {nil, false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			execs := 0
			i := installer{stallTimeout: time.Minute, exec: executor(func(context.Context) error { execs++; return test.err })}
			err := i.install(t.Context())
			if _, lost := errors.AsType[*UndeliveredError](err); lost == test.final || execs != test.execs || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("%T after %d: %v", err, execs, err)
			}
		})
	}
}
