package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/link"
)

// line is a way from a client to the cluster.
type line struct {
	kubeconfig string
	// command is what a command line is put behind to run at its end.
	command []string
	// host is the address of this machine on the line; "" if no bare stream is measured.
	host string
}

// The lines' names.
const (
	free = "free"
	slow = "100 Mbit/s"
	long = "40 ms"
)

// slowLines is the number of slow lines: so many contenders run at the
// same time, each on its own line, because a whole run would take half a day otherwise. This
// uses only a small part of the CPU.
const slowLines = 2

// receiver is the argument by which the program receives a bare stream.
const receiver = "receive"

func (b *bench) makeLines(ctx context.Context) error {
	config, err := clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		return err
	}
	server := config.Clusters[config.Contexts[config.CurrentContext].Cluster].Server
	near, err := b.line(config, "free", server)
	if err != nil {
		return err
	}
	b.lines[free] = []line{near}
	for number := range slowLines {
		if err := b.makeSlow(ctx, config, number); err != nil {
			return err
		}
	}
	parsed, err := url.Parse(server)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b.closers = append(b.closers, func(context.Context) { cancel() })
	delay, err := link.NewDelay(ctx, parsed.Host, 40*time.Millisecond)
	if err != nil {
		return err
	}
	far, err := b.line(config, "long", "https://"+delay.Addr())
	b.lines[long] = []line{far}
	return err
}

// makeSlow uses the address that the API server announces in the cluster: its
// certificate is valid for it, and the network namespace has a route to it.
func (b *bench) makeSlow(ctx context.Context, config *clientcmdapi.Config, number int) error {
	addr, err := b.kubectl(ctx, "", "get", "endpointslice", "kubernetes", "-n", "default",
		"-o", "jsonpath={.endpoints[0].addresses[0]} {.ports[0].port}")
	if err != nil {
		return err
	}
	var host, port string
	if _, err := fmt.Sscan(addr, &host, &port); err != nil {
		return fmt.Errorf("the API server's address is %q: %w", addr, err)
	}
	slowLink, err := link.NewSlow(ctx, number, "100mbit")
	if err != nil {
		return err
	}
	b.closers = append(b.closers, slowLink.Close)
	slowLine, err := b.line(config, fmt.Sprintf("slow-%d", number), "https://"+net.JoinHostPort(host, port))
	slowLine.command, slowLine.host = slowLink.Command(), slowLink.HostAddr()
	b.lines[slow] = append(b.lines[slow], slowLine)
	return err
}

// line writes a kubeconfig for the server and the namespace of the run.
func (b *bench) line(config *clientcmdapi.Config, name, server string) (line, error) {
	config = config.DeepCopy()
	current := config.Contexts[config.CurrentContext]
	current.Namespace = b.namespace
	config.Clusters[current.Cluster].Server = server
	path := filepath.Join(b.work, name+".kubeconfig")
	return line{kubeconfig: path}, clientcmd.WriteToFile(*config, path)
}
