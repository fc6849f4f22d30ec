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
	// keyBytes is how many bytes of a SHA-256 are in the label of a reusable helper pod.
	keyBytes = 16
	// minRemaining is the time that a helper pod must have left to be reused.
	minRemaining = 30 * time.Minute
	// installGrace is how long after its start a helper pod without an agent is not reused.
	installGrace = 15 * time.Second
)

// key returns the label value by which a helper pod can be found and reused: a hash of its owner, its content and its user.
// It is "" if the owner is unknown.
func (s Spec) key() string {
	if s.Owner.Name == "" {
		return ""
	}
	content := []any{s.Owner.Name, s.Claim, s.SubPath, s.Identity.Text(), s.Image, s.Agent}
	if len(s.Labels)+len(s.Annotations)+len(s.NodeSelector)+len(s.ServiceAccount) > 0 {
		content = append(content, s.Labels, s.Annotations, s.NodeSelector, s.ServiceAccount)
	}
	text, err := json.Marshal(content)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:keyBytes])
}

// reuseHelper uses the helper pod of an earlier, killed fetch with the same key. Otherwise that pod
// would hold its resources until its agent ends for lack of a client.
func (s *Session) reuseHelper(ctx context.Context) {
	if s.adopt(ctx) && !s.isKept {
		s.report(fmt.Sprintf("Reusing helper pod %s of your earlier fetch", s.pod.Name))
	}
}

// adopt acquires a running helper pod of an earlier fetch with the same key, if no client uses
// it. If the user may not check or patch such pods, a new one is created.
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
		if pod.Status.Phase != corev1.PodRunning || !usable(pod) || deadline(pod).Sub(s.clock.Now()) <= minRemaining {
			continue
		}
		if !InUse(ctx, s.exec, pod, s.clock.Now()) && s.acquirePod(ctx, pod) {
			return true
		}
	}
	return false
}

// acquirePod makes pod the helper pod of this session. The annotation tells the former session,
// if it still runs, that it lost the pod. Only one of two concurrent sessions
// succeeds.
func (s *Session) acquirePod(ctx context.Context, pod *corev1.Pod) bool {
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
	s.pod, s.token = taken, token
	s.ran = true
	s.deadline = deadline(taken)
	s.isKept = pod.Labels[provenance.KeptLabel] == "true"
	return true
}

// isTaken reports whether another session has acquired pod.
func (s *Session) isTaken(pod *corev1.Pod) bool {
	return pod.Annotations[provenance.SessionAnnotation] != s.token
}

// deadline returns when the cluster will end pod at the latest.
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
