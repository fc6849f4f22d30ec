package helper

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

const (
	// keyBytes of a SHA-256 make the label of a helper that is kept.
	keyBytes = 16
	// worthwhile is the time that a helper must have left to be begun with.
	worthwhile = 30 * time.Minute
)

// key returns what a kept helper is found by: who it is of, what it reads, and
// as whom. It is "" where nobody is known to be the owner.
func (s Spec) key() string {
	if s.Owner.Name == "" {
		return ""
	}
	text, err := json.Marshal([]string{s.Owner.Name, s.Claim, s.SubPath, s.Identity.Text(), s.Image, s.Agent})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:keyBytes])
}

// takeOver uses a helper of a fetch like this one, where there is no room for a
// second: mostly one that a killed client left, which would hold its place until
// it has heard nobody for long enough. A fetch that does use it loses it at our
// end, makes another, and goes on.
func (s *Session) takeOver(ctx context.Context) bool {
	if s.looked = true; !s.adopt(ctx, owner.KeptLabel+"!=true") {
		return false
	}
	s.say(fmt.Sprintf("using helper pod %s, which an earlier fetch of yours left", s.pod.Name))
	return true
}

// adopt takes a running helper that another session made and that the selector
// chooses. Not to be allowed to look is no reason not to make one.
func (s *Session) adopt(ctx context.Context, selector string) bool {
	if s.key == "" {
		return false
	}
	list, err := s.client.CoreV1().Pods(s.spec.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: owner.Select(owner.HelperComponent) + "," + owner.UseLabel + "=" + s.key + "," + selector,
	})
	if err != nil {
		return false
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if pod.Status.Phase == corev1.PodRunning && usable(pod) && deadline(pod).Sub(s.clock.Now()) > worthwhile {
			s.pod, s.ran, s.ends = pod, true, deadline(pod)
			return true
		}
	}
	return false
}

// deadline is when the cluster ends pod, at the latest.
func deadline(pod *corev1.Pod) time.Time {
	start, life := pod.CreationTimestamp.Time, Lifetime
	if pod.Status.StartTime != nil {
		start = pod.Status.StartTime.Time
	}
	if seconds := pod.Spec.ActiveDeadlineSeconds; seconds != nil {
		life = time.Duration(*seconds) * time.Second
	}
	return start.Add(life)
}
