package helper

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

const (
	// keyBytes of a SHA-256 make the label of a helper that is kept.
	keyBytes = 16
	// worthwhile is the time that a helper must have left to be begun with.
	worthwhile = 30 * time.Minute
	// settling is how long after its start a helper without an agent is not taken.
	settling = 15 * time.Second
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

// takeOver uses a helper that an earlier fetch like this one left: a killed client
// leaves its helper, which would hold its room until its agent ends for lack of a client.
func (s *Session) takeOver(ctx context.Context) {
	if s.adopt(ctx) && !s.found {
		s.say(fmt.Sprintf("Reusing helper pod %s of your earlier fetch", s.pod.Name))
	}
}

// adopt takes a running helper of an earlier fetch like this one, if no client uses
// it. Without the right to look for one, or to take it, a new one is created.
func (s *Session) adopt(ctx context.Context) bool {
	if s.key == "" || s.exec == nil {
		return false
	}
	list, err := s.client.CoreV1().Pods(s.spec.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: provenance.Select(provenance.HelperComponent) + "," + provenance.UseLabel + "=" + s.key,
	})
	if err != nil {
		return false
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if pod.Status.Phase != corev1.PodRunning || !usable(pod) || deadline(pod).Sub(s.clock.Now()) <= worthwhile {
			continue
		}
		if !InUse(ctx, s.exec, pod, s.clock.Now()) && s.take(ctx, pod) {
			return true
		}
	}
	return false
}

// take makes pod the helper of this session. Its annotation tells the session that
// had it before, if that one lives, that it is taken; of two sessions at once only
// one succeeds.
func (s *Session) take(ctx context.Context, pod *corev1.Pod) bool {
	token := rand.Text()
	metadata := map[string]any{
		"uid": pod.UID, "resourceVersion": pod.ResourceVersion, "annotations": map[string]string{provenance.SessionAnnotation: token},
	}
	if s.spec.Keep {
		metadata["labels"] = map[string]string{provenance.KeptLabel: "true"}
	}
	patch, err := json.Marshal(map[string]any{"metadata": metadata})
	if err != nil {
		return false
	}
	taken, err := s.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return false
	}
	s.pod, s.token, s.ran, s.ends = taken, token, true, deadline(taken)
	s.found = pod.Labels[provenance.KeptLabel] == "true"
	return true
}

// taken reports whether another session has taken pod.
func (s *Session) taken(pod *corev1.Pod) bool {
	return pod.Annotations[provenance.SessionAnnotation] != s.token
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
