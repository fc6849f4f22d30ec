package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/report"
)

// contender brings the files of $SET from its pod to $DIR.
type contender struct{ name, script string }

const (
	via    = "fetch --via"
	byHand = "manual: tar in the pod, multipart upload and download, tar locally"
	zipped = "manual, with gzip"
	direct = "fetch without a bucket"
)

// hand returns the three commands of a manual copy: the download starts after the upload is complete.
func hand(zip string) string {
	return `keys="AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY AWS_REGION=$AWS_REGION AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL AWS_CA_BUNDLE=/tmp/$(basename $AWS_CA_BUNDLE)"
kubectl exec -n $NS job/$SET -- sh -c "tar c` + zip + `f - -C /results . | env $keys /tmp/$(basename $HAND) put s3://$NS/$SET.tar" &&
$HAND get s3://$NS/$SET.tar | tar x` + zip + `f - -C $DIR`
}

// fetch keeps its helper pod, because the pod of the other contenders exists already, too.
const fetch = "kubectl batch fetch -n $NS $SET -d $DIR --keep-helper --progress=none"

// race is one set, one line to the API server, and the contenders.
type race struct {
	set, title string
	contenders []contender
}

func races() (result []race) {
	throughBucket := contender{via, fetch + " --via=s3://$NS"}
	for _, set := range []string{"random", "text", "small"} {
		result = append(result,
			race{set, set, []contender{throughBucket, {byHand, hand("")}, {zipped, hand("z")}, {direct, fetch}}},
			race{set, set + ", 100 Mbit/s to the API server", []contender{
				{via, "KUBECONFIG=$SLOW " + throughBucket.script}, {direct, "KUBECONFIG=$SLOW " + fetch},
			}})
	}
	return result
}

func (b *bench) measure(ctx context.Context) error {
	for _, r := range races() {
		if _, err := b.sh(ctx, "SET="+r.set+"\n"+fetch+" --plan"); err != nil { // its helper is there, too
			return err
		}
		for range b.turns {
			rand.Shuffle(len(r.contenders), func(i, j int) { //nolint:gosec // lots are drawn, and nobody gains by guessing them
				r.contenders[i], r.contenders[j] = r.contenders[j], r.contenders[i]
			})
			for _, contender := range r.contenders {
				if err := b.turn(ctx, r, contender); err != nil {
					return err
				}
			}
		}
	}
	for _, set := range []string{"random", "text", "small"} {
		b.compare(set, via, byHand, 1)
		b.compare(set, via, zipped, 1)
		b.compare(set+", 100 Mbit/s to the API server", via, direct, 1)
	}
	return nil
}

// turn lets one contender copy a set, and verifies the copy.
func (b *bench) turn(ctx context.Context, r race, entrant contender) error {
	if err := os.RemoveAll(b.dir()); err != nil {
		return err
	}
	if err := os.Mkdir(b.dir(), 0o750); err != nil {
		return err
	}
	began := time.Now()
	if _, err := b.sh(ctx, "SET="+r.set+"\n"+entrant.script); err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	program.Log("%s: %s: %.2f s", r.title, entrant.name, seconds)
	b.rows.Add(r.title, entrant.name, seconds)
	sum, err := b.sh(ctx, "cd $DIR && find . -type f | sort | xargs sha256sum | sha256sum")
	if err == nil && lastLine(sum) != b.sums[r.set] {
		err = fmt.Errorf("%s: %s: what came is not what is in the pod", r.title, entrant.name)
	}
	return err
}

// compare sets the goal that ours is at least so many times as fast as theirs.
func (b *bench) compare(title, ours, theirs string, least float64) {
	a, c := b.rows.Median(title, ours), b.rows.Median(title, theirs)
	g := report.Goal{
		What: title + ": speed of " + ours + " relative to " + theirs, Want: fmt.Sprintf(">= %.0fx", least),
		Got: fmt.Sprintf("%.2fx (%.2f s vs. %.2f s)", c/a, a, c), Reached: c/a >= least, Measured: true,
	}
	program.Log("%s: %s", g.What, g.Got)
	b.goals = append(b.goals, g)
}

// write writes the page.
func (b *bench) write() error {
	var p strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&p, format+"\n", args...) }
	line("# Performance of transfers through a bucket\n")
	line("Measured by `make bench` on %s, in %s, on one machine with %d CPUs for cluster, S3 store and client. All measurements are from one run;", b.began.Format(time.DateOnly), time.Since(b.began).Round(time.Second), runtime.NumCPU())
	line("the commands alternate in random order. Each result is compared with the files in the pod. `make bench` writes this page.\n")
	p.WriteString(report.Table(b.goals))
	p.WriteString("\n## Times in seconds\n\n" + b.rows.Table())
	line("\n\"random\" is an incompressible file of 512 MB, \"text\" a file of 560 MB, \"small\" 10,000 files of 8 kB. For the manual commands, the pod already")
	line("runs and contains the keys and a program that works like `aws s3 cp`. For fetch, the helper pod already runs. The store is versitygw with TLS, on a")
	line("disk of this machine. \"100 Mbit/s\" limits the connection to the API server; the connection to the store is not limited.")
	return program.WritePage(b.out, "performance-s3.md", p.String())
}
