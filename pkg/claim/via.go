package claim

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// Via describes the objects that a fetch of a claim's files has in a bucket, so that they can be deleted
// if the fetch was killed.
type Via struct {
	Bucket string `json:"bucket"`
	// Claim is the UID of the claim that it was written to.
	Claim types.UID `json:"-"`
	// Prefix is the prefix of all these objects, without a trailing slash.
	Prefix string `json:"prefix"`
	// Endpoint is the store's URL, as the client of the fetch reached it.
	Endpoint string    `json:"endpoint"`
	Region   string    `json:"region"`
	Since    time.Time `json:"since"`
	// Ends means that the bucket is the destination of the files: only unfinished multipart uploads below Prefix
	// may be deleted.
	Ends bool `json:"ends,omitempty"`
}

// MarkVia records on claim what a fetch has in a bucket; nil deletes the record.
func MarkVia(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, id string, via *Via) error {
	text := ""
	if via != nil {
		via.Since = via.Since.UTC().Truncate(time.Second)
		bytes, err := json.Marshal(via)
		if err != nil {
			return err
		}
		text = string(bytes)
	}
	_, err := annotate(ctx, client, claim, "", map[string]string{provenance.ViaAnnotation + id: text})
	return err
}

// ViasOf returns the records of MarkVia on claim, by their ids. It ignores a record that is invalid,
// belongs to another claim, or lacks a bucket or a prefix.
func ViasOf(claim *corev1.PersistentVolumeClaim) map[string]Via {
	var vias map[string]Via
	for key := range claim.Annotations {
		id, ok := strings.CutPrefix(key, provenance.ViaAnnotation)
		var via Via
		if !ok || json.Unmarshal([]byte(provenance.Mark(claim, key)), &via) != nil {
			continue
		}
		// Everyone who may annotate the claim can write this. Therefore only objects that a fetch creates are deleted.
		place := s3.Location{Bucket: via.Bucket, Prefix: via.Prefix}
		if parsed, err := s3.ParseLocation(place.String()); err != nil || parsed != place {
			continue
		}
		if via.Ends || strings.HasSuffix(via.Prefix, "/"+string(claim.UID)+"/"+id) {
			if vias == nil {
				vias = map[string]Via{}
			}
			via.Claim = claim.UID
			vias[id] = via
		}
	}
	return vias
}
