package cmd

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// --fail-fast ends the wait after its time only if waiting is useless; --timeout ends it with 124. Each
// step happens a minute after the previous one.
func TestFailFast(t *testing.T) {
	const (
		refused = "failed to pull and unpack image \"registry.example.org/train:1\": failed to resolve reference \"registry.example.org/train:1\": registry.example.org/train:1: not found"
		away    = "failed to do request: Head \"https://registry.example.org/v2/\": dial tcp: connect: connection refused"
	)
	created := faketest.Job("train")
	pod := func(changes ...func(*corev1.Pod)) *corev1.Pod {
		return faketest.PodOf(created, "train-x", corev1.PodPending, changes...)
	}
	noImage, backOff := pod(faketest.Waiting("ErrImagePull", refused)), pod(faketest.Waiting("ImagePullBackOff", "Back-off pulling image"))
	noRegistry, noRoom := pod(faketest.Waiting("ErrImagePull", away)), pod(unschedulable)
	type test struct {
		steps  []step
		flags  string
		delay  time.Duration
		status int
		err    string
	}
	const gaveUp = "error: stopped waiting after 1m30s: job train does not run yet: "
	for name, test := range map[string]test{
		"an image that does not exist":      {[]step{add(noImage)}, "--fail-fast=90s", 150 * time.Second, 125, gaveUp + "ErrImagePull: " + refused},
		"and is tried again":                {[]step{add(noImage), change(backOff)}, "--fail-fast=90s", 150 * time.Second, 125, gaveUp + "ImagePullBackOff: Back-off"},
		"without a time":                    {[]step{add(noImage)}, "--fail-fast", 2 * time.Minute, 125, "error: stopped waiting after 1m0s: "},
		"a registry that is away":           {[]step{add(noRegistry)}, "--fail-fast=90s --timeout=10m", 10 * time.Minute, 124, "error: timed out (--timeout): job \"train\" is not finished"},
		"a registry that is away meanwhile": {[]step{add(noImage), change(noRegistry)}, "--fail-fast=90s --timeout=10m", 10 * time.Minute, 124, "error: timed out (--timeout): job"},
		"another reason meanwhile":          {[]step{add(noImage), change(noRoom), change(noImage)}, "--fail-fast=90s", 270 * time.Second, 125, gaveUp + "ErrImagePull"},
		"no room":                           {[]step{add(noRoom)}, "--fail-fast=90s --timeout=10m", 10 * time.Minute, 124, "error: timed out (--timeout): job"},
		"a timeout before it":               {[]step{add(noImage)}, "--fail-fast=90s --timeout=2m", 2 * time.Minute, 124, "error: timed out (--timeout): job"},
		"no --fail-fast":                    {[]step{add(noImage)}, "--timeout=10m", 10 * time.Minute, 124, "error: timed out (--timeout): job"},
	} {
		for _, command := range []string{"run train --image=registry.example.org/train:1 -oname --wait", "run train --image=registry.example.org/train:1 --follow", "wait train", "rerun first --name=train --wait", "rerun first --name=train --follow"} {
			t.Run(name+": "+command, func(t *testing.T) {
				cluster := faketest.New(done("first", time.Hour))
				if strings.HasPrefix(command, "wait") {
					cluster = faketest.New(created)
				}
				args := append(strings.Fields(command), strings.Fields(test.flags)...)
				got, took := duringAs(t, cluster, func(f *factory.Factory) { f.Clock = clock.RealClock{} }, test.steps, args...)
				if got.Status != test.status || !strings.Contains(got.Stderr, test.err) {
					t.Errorf("status %d, %s; want %d, %s", got.Status, got.Stderr, test.status, test.err)
				}
				if cancels := strings.Contains(got.Stderr, "The job was not cancelled. To cancel it, run: kubectl batch cancel train\n"); cancels != (test.status == 125) {
					t.Errorf("%s; it must name cancel after --fail-fast, and only then", got.Stderr)
				}
				const late = 25 * time.Second // it is looked four times in the time of --fail-fast
				if took < test.delay || took > test.delay+late {
					t.Errorf("it ended after %s; want %s", took, test.delay)
				}
			})
		}
	}
}
