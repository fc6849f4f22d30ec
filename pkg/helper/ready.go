package helper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

const (
	// startLimit is how long a helper may take to start: a node may have to be
	// added and an image pulled.
	startLimit = 5 * time.Minute
	// hasty is how long room is waited for where there is another way: what was
	// deleted a moment ago may still take some.
	hasty = 10 * time.Second
)

// errSlow is the cause of giving up at startLimit, errFull after hasty.
var (
	errSlow = errors.New("did not start within " + startLimit.String())
	errFull = errors.New("was not scheduled within " + hasty.String())
)

// ready waits until the helper's container runs, and says why it does not yet.
func (s *Session) ready(parent context.Context) error {
	limited, done := context.WithTimeoutCause(parent, startLimit, errSlow)
	defer done()
	ctx, stop := context.WithCancelCause(limited)
	defer stop(nil)
	var pods watcher.Set[*corev1.Pod]
	var ofPod, ofClaim watcher.Set[*corev1.Event]
	poked, failed := make(chan struct{}, 1), make(chan error, 1)
	poke := func() {
		select {
		case poked <- struct{}{}:
		default:
		}
	}
	go func() {
		failed <- watcher.Keep(ctx, s.client.CoreV1().Pods(s.spec.Namespace), fieldOf("metadata.name", s.pod.Name), &pods, poke, s.lost)
	}()
	go s.followEvents(ctx, fieldOf("involvedObject.name", s.pod.Name), &ofPod, poke)
	go s.followEvents(ctx, fieldOf("involvedObject.name", s.spec.Claim), &ofClaim, poke)
	waiting := waiter{session: s, said: map[string]bool{}, giveUp: stop}
	defer waiting.rest()
	for {
		select {
		case err := <-failed:
			return waiting.gaveUp(ctx, err)
		case <-ctx.Done():
			return waiting.gaveUp(ctx, ctx.Err())
		case <-poked:
			if running, err := waiting.look(pods.All(), slices.Concat(ofPod.All(), ofClaim.All()), len(pods.Gone()) > 0); running || err != nil {
				return err
			}
		}
	}
}

// followEvents keeps the events that tell what the pod waits for. Not to be
// allowed to see them costs words only.
func (s *Session) followEvents(ctx context.Context, options metav1.ListOptions, events *watcher.Set[*corev1.Event], poke func()) {
	_ = watcher.Keep(ctx, s.client.CoreV1().Events(s.spec.Namespace), options, events, poke, func(error) {})
}

func fieldOf(name, value string) metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(name, value).String()}
}

func (s *Session) lost(err error) {
	s.say(fmt.Sprintf("Lost the connection to the cluster: %v; retrying", err))
}
