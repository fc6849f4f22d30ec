package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
	"github.com/kubectl-batch/kubectl-batch/test/fakejobs"
)

// namespace is the namespace of the jobs; it is removed before and after.
const namespace = "kubectl-batch-bench-purge"

// bench is one run of the program.
type bench struct {
	flags

	client kubernetes.Interface
	began  time.Time
	bin    string
	rows   report.Rows
	goals  []report.Goal
}

func newBench(ctx context.Context, f flags) (*bench, error) {
	if os.Getenv("CLUSTER_OURS") != "1" {
		return nil, errors.New("this needs a cluster of ours: bin/cluster exec -- bin/bench-purge (make bench does that)")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	config.QPS, config.ContentType = -1, "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	b := &bench{flags: f, client: client, began: time.Now()}
	if b.bin, err = os.MkdirTemp("", "kubectl-batch-bench-"); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Symlink(f.plugin, filepath.Join(b.bin, "kubectl-batch")), b.empty(ctx)); err != nil {
		return nil, err
	}
	_, err = client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	return b, err
}

// empty removes what an earlier run left.
func (b *bench) empty(ctx context.Context) error {
	background := metav1.DeletePropagationBackground
	err := b.client.BatchV1().Jobs(namespace).DeleteCollection(ctx, metav1.DeleteOptions{PropagationPolicy: &background}, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for {
		err := b.client.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{})
		if apierrors.IsNotFound(err) || ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(time.Second)
	}
}

func (b *bench) close(ctx context.Context) {
	if err := b.empty(context.WithoutCancel(ctx)); err != nil {
		program.Log("%v", err)
	}
	_ = os.RemoveAll(b.bin)
}

// makeJobs makes finished jobs, and waits until the cluster has come to rest.
func (b *bench) makeJobs(ctx context.Context, count int, pods bool) error {
	err := fakejobs.Make(ctx, b.client, fakejobs.Spec{Namespace: namespace, Prefix: "done", Count: count, Pods: pods, Ago: 48 * time.Hour})
	time.Sleep(2 * time.Second)
	return err
}

// usage is what a program took.
type usage struct {
	seconds, firstLine float64
	peak               int64 // bytes of memory
	lines              int
}

// command runs a program as a user would, and measures it.
func (b *bench) command(ctx context.Context, words ...string) (usage, error) {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+b.bin+":"+os.Getenv("PATH"))
	program.Bind(cmd)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return usage{}, err
	}
	began, u := time.Now(), usage{}
	if err := cmd.Start(); err != nil {
		return u, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); u.lines++ {
		if u.lines == 0 {
			u.firstLine = time.Since(began).Seconds()
		}
	}
	err = cmd.Wait()
	u.seconds = time.Since(began).Seconds()
	if err != nil {
		return u, fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, stderr.String())
	}
	u.peak = program.Peak(cmd.ProcessState)
	return u, nil
}

// countObjects is how many jobs and pods are in the namespace.
func (b *bench) countObjects(ctx context.Context) (int, error) {
	jobs, err := b.client.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	pods, err := b.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	return len(jobs.Items) + len(pods.Items), nil
}

// awaitDeletion waits until nothing is left, and returns how long that took.
func (b *bench) awaitDeletion(ctx context.Context) (float64, error) {
	began := time.Now()
	for {
		count, err := b.countObjects(ctx)
		if err != nil || count == 0 {
			return time.Since(began).Seconds(), err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
