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

// Via says where in a bucket a fetch of a claim's files has objects, for who has to clean
// up after one that was killed.
type Via struct {
	Bucket string `json:"bucket"`
	// Claim is the UID of the claim that it was written on.
	Claim types.UID `json:"-"`
	// Prefix is that of all its objects, without a slash at its end.
	Prefix string `json:"prefix"`
	// Endpoint is the store's URL, as the client of the fetch reached it.
	Endpoint string    `json:"endpoint"`
	Region   string    `json:"region"`
	Since    time.Time `json:"since"`
	// Ends says that the files end there: of what is at Prefix only parts that are on their way are
	// the fetch's to remove.
	Ends bool `json:"ends,omitempty"`
}

// MarkVia writes what a fetch has in a bucket onto claim; nil takes it back.
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

// ViasOf returns what fetches have in buckets according to claim, by their ids; mostly nil. What cannot be
// read, is of another claim, names no place, or no prefix of its own, is void.
func ViasOf(claim *corev1.PersistentVolumeClaim) map[string]Via {
	var vias map[string]Via
	for key := range claim.Annotations {
		id, ok := strings.CutPrefix(key, provenance.ViaAnnotation)
		var via Via
		if !ok || json.Unmarshal([]byte(provenance.Mark(claim, key)), &via) != nil {
			continue
		}
		// Anybody who may annotate could have written it: only what a fetch makes is removed.
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
