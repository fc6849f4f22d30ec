package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/link"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// contender deletes all jobs of the namespace.
type contender struct {
	name string
	run  func(context.Context) (float64, error)
}

const (
	bare         = "a loop of parallel DELETE requests"
	purge        = "purge"
	purgeWait    = "purge --wait"
	kubectlNow   = "kubectl delete jobs -l --wait=false"
	kubectlWaits = "kubectl delete jobs -l"
)

func (b *bench) program(words ...string) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		u, err := b.command(ctx, words...)
		return u.seconds, err
	}
}

func (b *bench) purge(options ...string) func(context.Context) (float64, error) {
	return b.program(append([]string{"kubectl", "batch", "purge", "-n", namespace, "-l", "app=done", "-y"}, options...)...)
}

func (b *bench) kubectl(options ...string) func(context.Context) (float64, error) {
	return b.program(append([]string{"kubectl", "delete", "jobs", "-n", namespace, "-l", "app=done"}, options...)...)
}

func (b *bench) measure(ctx context.Context) error {
	for _, step := range []func(context.Context) error{b.race, b.far, b.waiting, b.pods, b.scale} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// turn has one contender delete count jobs.
func (b *bench) turn(ctx context.Context, title string, entrant contender, count int, pods bool) (float64, error) {
	if err := b.makeJobs(ctx, count, pods); err != nil {
		return 0, err
	}
	seconds, err := entrant.run(ctx)
	if err != nil {
		return 0, err
	}
	program.Log("%s: %s: %.2f s", title, entrant.name, seconds)
	b.rows.Add(title, entrant.name, seconds)
	_, err = b.awaitDeletion(ctx)
	return seconds, err
}

// race measures, in turns, the contenders that only request the deletion.
func (b *bench) race(ctx context.Context) error {
	contenders := []contender{
		{bare, b.bare},
		{purge, b.purge()},
		{purgeWait, b.purge("--wait")},
		{kubectlNow, b.kubectl("--wait=false")},
	}
	title := fmt.Sprintf("%d finished jobs", b.jobs)
	for range b.turns {
		rand.Shuffle(len(contenders), func(i, j int) { contenders[i], contenders[j] = contenders[j], contenders[i] }) //nolint:gosec // a lot
		for _, entrant := range contenders {
			if _, err := b.turn(ctx, title, entrant, b.jobs, false); err != nil {
				return err
			}
		}
	}
	loop := b.rows.Median(title, bare)
	mine, theirs := b.rows.Median(title, purge), b.rows.Median(title, kubectlNow)
	b.reach(title+": time of purge relative to "+bare, "<= 1.30x", mine/loop <= 1.3, "%.2fx (%.2f s vs. %.2f s)", mine/loop, mine, loop)
	b.reach(title+": speed of purge relative to "+kubectlNow, ">= 4x", theirs/mine >= 4, "%.1fx (%.2f s vs. %.2f s; the loop %.1fx)", theirs/mine, mine, theirs, theirs/loop)
	return nil
}

// far measures purge and kubectl with a distant API server, which is the usual case.
func (b *bench) far(ctx context.Context) error {
	const roundTrip = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kubeconfig, err := b.delayed(ctx, roundTrip)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%d finished jobs, %s round trip to the API server", b.jobs, roundTrip)
	for _, entrant := range []contender{
		{purge, b.purge("--kubeconfig", kubeconfig)},
		{kubectlNow, b.kubectl("--wait=false", "--kubeconfig", kubeconfig)},
	} {
		if _, err := b.turn(ctx, title, entrant, b.jobs, false); err != nil {
			return err
		}
	}
	mine, theirs := b.rows.Median(title, purge), b.rows.Median(title, kubectlNow)
	b.reach(title+": speed of purge relative to "+kubectlNow, ">= 4x", theirs/mine >= 4, "%.1fx (%.2f s vs. %.2f s)", theirs/mine, mine, theirs)
	return nil
}

// delayed writes a kubeconfig with a delay of one round trip to the API server, until ctx is done.
func (b *bench) delayed(ctx context.Context, roundTrip time.Duration) (string, error) {
	config, err := clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		return "", err
	}
	cluster := config.Clusters[config.Contexts[config.CurrentContext].Cluster]
	server, err := url.Parse(cluster.Server)
	if err != nil {
		return "", err
	}
	delay, err := link.NewDelay(ctx, server.Host, roundTrip)
	if err != nil {
		return "", err
	}
	cluster.Server = "https://" + delay.Addr()
	path := filepath.Join(b.bin, "far.kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// bare lists the jobs and only requests their deletion.
func (b *bench) bare(ctx context.Context) (float64, error) {
	jobs, err := b.client.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=done"})
	if err != nil {
		return 0, err
	}
	background := metav1.DeletePropagationBackground
	return timed(func() error {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(32)
		for _, job := range jobs.Items {
			options := metav1.DeleteOptions{PropagationPolicy: &background, Preconditions: metav1.NewUIDPreconditions(string(job.UID))}
			group.Go(func() error { return b.client.BatchV1().Jobs(namespace).Delete(ctx, job.Name, options) })
		}
		return group.Wait()
	})
}

// waiting measures the usual kubectl command once, because it takes minutes.
func (b *bench) waiting(ctx context.Context) error {
	if b.short {
		return nil
	}
	title := fmt.Sprintf("%d finished jobs", b.jobs)
	theirs, err := b.turn(ctx, title, contender{kubectlWaits, b.kubectl()}, b.jobs, false)
	if err != nil {
		return err
	}
	mine := b.rows.Median(title, purgeWait)
	b.reach(title+": speed of purge --wait relative to "+kubectlWaits, ">= 50x", theirs/mine >= 50, "%.0fx (%.2f s vs. %.1f s)", theirs/mine, mine, theirs)
	return nil
}

// pods go with their jobs, and are not left to the garbage collector.
func (b *bench) pods(ctx context.Context) error {
	const count = 1000
	title := fmt.Sprintf("%d finished jobs with one pod each, until the last pod is deleted", count)
	until := func(run func(context.Context) (float64, error)) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) {
			deletion, err := run(ctx)
			if err != nil {
				return 0, err
			}
			rest, err := b.awaitDeletion(ctx)
			return deletion + rest, err
		}
	}
	for _, entrant := range []contender{
		{purge, until(b.purge())},
		{kubectlNow, until(b.kubectl("--wait=false"))},
	} {
		if _, err := b.turn(ctx, title, entrant, count, true); err != nil {
			return err
		}
	}
	mine, theirs := b.rows.Median(title, purge), b.rows.Median(title, kubectlNow)
	b.reach(title, "more than 20 per second", mine < count/20, "%.1f s, %.0f per second (with %s %.1f s)", mine, count/mine, kubectlNow, theirs)
	return nil
}

// scale lists and purges many jobs, and measures memory.
func (b *bench) scale(ctx context.Context) error {
	if err := b.makeJobs(ctx, b.many, false); err != nil {
		return err
	}
	title := fmt.Sprintf("%d finished jobs", b.many)
	list, err := b.command(ctx, "kubectl", "batch", "list", "-n", namespace)
	if err != nil {
		return err
	}
	b.rows.Add(title, "list", list.seconds)
	b.rows.Add(title, "list, until the first row", list.firstLine)
	b.reach(title+": list", "<= 2 s", list.seconds <= 2 && list.lines == b.many+1, "%.2f s (first row after %.2f s, %d MiB of memory)", list.seconds, list.firstLine, list.peak>>20)
	u, err := b.command(ctx, "kubectl", "batch", "purge", "-n", namespace, "-l", "app=done", "-y")
	if err != nil {
		return err
	}
	b.rows.Add(title, purge, u.seconds)
	b.reach(title+": memory of purge", "<= 150 MiB", u.peak>>20 <= 150, "%d MiB", u.peak>>20)
	few := b.rows.Median(fmt.Sprintf("%d finished jobs", b.jobs), purge) / float64(b.jobs)
	ratio := u.seconds / float64(b.many) / few
	b.reach(fmt.Sprintf("time of purge per job, with %d jobs relative to %d jobs", b.many, b.jobs), "about 1x (linear)", ratio <= 1.3, "%.2fx (%.2f s for all)", ratio, u.seconds)
	return nil
}
