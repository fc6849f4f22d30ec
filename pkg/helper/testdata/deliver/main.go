// Delivers the agent again and again to one helper pod, over one protocol, and
// counts what did not arrive at once:
//
//	deliver NAMESPACE CLAIM AGENT websocket|spdy TIMES
//
// AGENT is an executable that knows check and serve, and listens anew at SIGUSR1.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

type counted struct {
	transport.Executor
	count atomic.Int64
}

func (c *counted) Exec(ctx context.Context, container transport.Container, argv []string, stdio transport.Stdio) error {
	c.count.Add(1)
	return c.Executor.Exec(ctx, container, argv, stdio)
}

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, namespace, claim, agent, protocol, times string) (err error) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	client, err := clients.NewForConfig(config)
	if err != nil {
		return err
	}
	exec, err := transport.NewExec(config, protocol == "websocket")
	if err != nil {
		return err
	}
	binary, err := read(agent)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	zero := int64(0)
	s := helper.NewSession(client, exec, clock.RealClock{}, helper.Spec{
		Namespace: namespace, Claim: claim, Image: helper.DefaultImage, Identity: helper.Identity{UID: &zero},
		CPU: resource.MustParse("200m"), Memory: resource.MustParse("128Mi"),
	}, func(text string) { fmt.Println("say:", text) })
	s.SetWaitingReporter(func(w helper.Waiting) { fmt.Println("waits:", w) })
	container, err := s.Locate(ctx, "")
	defer func() {
		if closed := s.Close(ctx); closed != nil {
			fmt.Println(closed)
		}
	}()
	if err != nil {
		return err
	}
	tried := &counted{Executor: exec}
	var total time.Duration
	for i := range count {
		began := time.Now()
		if err := helper.Install(ctx, tried, container, func(string) (helper.Binary, bool) { return binary, true }); err != nil {
			return fmt.Errorf("delivery %d: %w", i, err)
		}
		took := time.Since(began)
		total += took
		var out bytes.Buffer
		err := exec.Exec(ctx, container, []string{"sh", "-c", "ls -A /agent; cat /proc/1/cmdline | tr '\\0' ' ' ; rm /agent/*"}, transport.Stdio{Out: &out, Err: os.Stderr})
		if err != nil || out.String() != "batch-agent\nsocket\n/agent/batch-agent serve /volume /agent/socket " {
			return fmt.Errorf("after delivery %d: %w, %q", i, err, out.String())
		}
	}
	fmt.Printf("%s: %d deliveries of %d bytes took %d execs, %v each\n", protocol, count, len(binary.Gzip), tried.count.Load(), total/time.Duration(count))
	return nil
}

func read(path string) (helper.Binary, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return helper.Binary{}, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(content)
	if err := w.Close(); err != nil {
		return helper.Binary{}, err
	}
	return helper.Binary{
		Size: int64(len(content)), SHA256: fmt.Sprintf("%x", sha256.Sum256(content)), Gzip: packed.Bytes(),
		Open: func() io.ReadCloser { return io.NopCloser(bytes.NewReader(content)) },
	}, nil
}
