package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/link"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

// namespace is the one that is worked in; it is removed before and after. The bucket is
// called so, too.
const namespace = "kubectl-batch-bench-s3"

// bench is one run of the program.
type bench struct {
	flags

	began time.Time
	// work is a directory of ours: for the plugin's name, and for what is copied.
	work  string
	rows  report.Rows
	goals []report.Goal
	// slow is a kubeconfig for the same API server over a slow line.
	slow string
	// sums are, for each set, the output of sha256sum for all its files.
	sums map[string]string
}

func newBench(ctx context.Context, f flags) (*bench, error) {
	if os.Getenv("CLUSTER_OURS") != "1" {
		return nil, errors.New("this needs a cluster of ours: bin/cluster exec -- bin/bench-bucket (make bench does that)")
	}
	b := &bench{flags: f, began: time.Now(), sums: map[string]string{}}
	var err error
	if b.work, err = os.MkdirTemp("/dev/shm", "kubectl-batch-bench-"); err != nil {
		return nil, err
	}
	if err := os.Symlink(f.plugin, filepath.Join(b.work, "kubectl-batch")); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{b.slowLine, b.empty, b.fill} {
		if err := step(ctx); err != nil {
			b.close(ctx)
			return nil, err
		}
	}
	return b, nil
}

// dir is the destination of the copies.
func (b *bench) dir() string { return filepath.Join(b.work, "dir") }

// lineSpeed is that of the slow line to the API server, in bytes a second: 100 Mbit/s.
const lineSpeed = 12_500_000

// slowLine makes a way to the API server that all have to share; that to the store is another one.
func (b *bench) slowLine(ctx context.Context) error {
	config, err := clientcmd.LoadFromFile(os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	for _, cluster := range config.Clusters {
		server, err := url.Parse(cluster.Server)
		if err != nil {
			return err
		}
		line, err := link.NewThrottled(ctx, server.Host, lineSpeed)
		if err != nil {
			return err
		}
		cluster.TLSServerName, server.Host = server.Hostname(), line.Addr()
		cluster.Server = server.String()
	}
	b.slow = filepath.Join(b.work, "slow")
	return clientcmd.WriteToFile(*config, b.slow)
}

// bucket is the directory in which the store keeps the bucket.
func (*bench) bucket() string { return filepath.Join(os.Getenv("CLUSTER_S3_DATA"), namespace) }

// empty removes what an earlier run left.
func (b *bench) empty(ctx context.Context) error {
	_, err := b.sh(ctx, "kubectl delete namespace "+namespace+" --ignore-not-found")
	return errors.Join(err, os.RemoveAll(b.bucket()))
}

func (b *bench) close(ctx context.Context) {
	if err := b.empty(context.WithoutCancel(ctx)); err != nil {
		program.Log("%v", err)
	}
	_ = os.RemoveAll(b.work)
}

// sets are the data, and the programs that make them in a pod; %d is a quarter of the size.
var sets = map[string]string{ //nolint:gochecknoglobals // read only
	"random": "head -c $((%d * 128000000)) /dev/urandom >random",
	"text":   "seq $((%d * 16000000)) >text",
	"small":  "i=0; while [ $i -lt $((%d * 2500)) ]; do head -c 8000 /dev/urandom >$i; i=$((i+1)); done",
}

// fill creates the bucket, a claim for each set, and a pod that mounts it and contains the program
// for manual copies.
func (b *bench) fill(ctx context.Context) error {
	quarters := 4
	if b.short {
		quarters = 1
	}
	if _, err := b.sh(ctx, "kubectl create namespace "+namespace); err != nil {
		return err
	}
	if err := os.MkdirAll(b.bucket(), 0o750); err != nil {
		return err
	}
	for set, making := range sets {
		program.Log("making %s", set)
		script := "set -e; cd /results; " + fmt.Sprintf(making, quarters) + "; find . -type f | sort | xargs sha256sum | sha256sum; while :; do sleep 1; done"
		sum, err := b.sh(ctx, fmt.Sprintf(`kubectl batch run %s -n $NS --image="$CLUSTER_IMAGE" --results=2Gi -- sh -c '%s' &&
			kubectl wait -n $NS job/%s --for=jsonpath={.status.ready}=1 --timeout=60s >&2 && until kubectl logs -n $NS job/%s | grep .; do sleep 1; done`, set, script, set, set))
		if err != nil {
			return err
		}
		b.sums[set] = lastLine(sum)
		for _, file := range []string{b.hand, os.Getenv("CLUSTER_S3_CA")} {
			// The output of kubectl exec may be cut without an error.
			if _, err := b.sh(ctx, "SET="+set+" FILE="+file+`
				at=/tmp/$(basename $FILE)
				until kubectl exec -n $NS -i job/$SET -- sh -c "cat >$at; chmod +x $at" <$FILE
					test "$(kubectl exec -n $NS job/$SET -- sha256sum $at | cut -c-64)" = "$(sha256sum <$FILE | cut -c-64)"
				do sleep 1; done`); err != nil {
				return err
			}
		}
	}
	return nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// sh runs a script, and returns its output.
func (b *bench) sh(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", script) //nolint:gosec // the scripts are those of this program
	cmd.Env = append(os.Environ(), "PATH="+b.work+":"+os.Getenv("PATH"), "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL="+os.Getenv("CLUSTER_S3_ENDPOINT"), "AWS_CA_BUNDLE="+os.Getenv("CLUSTER_S3_CA"),
		"AWS_ACCESS_KEY_ID="+os.Getenv("CLUSTER_S3_KEY"), "AWS_SECRET_ACCESS_KEY="+os.Getenv("CLUSTER_S3_SECRET"),
		"KUBECTL_BATCH_HELPER_IMAGE="+os.Getenv("CLUSTER_IMAGE"), "XDG_CACHE_HOME="+filepath.Join(b.work, "cache"),
		"NS="+namespace, "SLOW="+b.slow, "DIR="+b.dir(), "HAND="+b.hand)
	program.Bind(cmd)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", script, err, errs.String())
	}
	return out.String(), nil
}
