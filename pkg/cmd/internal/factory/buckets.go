package factory

import (
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// ViaVariable names the location in a bucket that files of every fetch pass through.
const ViaVariable = "KUBECTL_BATCH_VIA"

// OwnBuckets returns this user's own buckets in the store at an endpoint: the bucket in the environment, and
// the buckets of interrupted fetches on this machine.
func (f *Factory) OwnBuckets(endpoint string) []string {
	buckets := purge.RememberedBuckets(f.CacheDir, endpoint)
	if via, ok := f.LookupEnv(ViaVariable); ok {
		if location, err := s3.ParseLocation(via); err == nil {
			buckets = append(buckets, location.Bucket)
		}
	}
	return buckets
}
