package bucket

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Limits of the S3 API: an object has so many parts at most, and each but the last is of at
// least and at most so many bytes. One PUT is of as many as a part.
const (
	MostParts = 10_000
	LeastPart = 5 << 20
	MostPart  = 5 << 30
)

// Upload is an object that is stored in parts, and not complete.
type Upload struct{ Key, ID string }

// Begin begins an upload in parts and returns its id. Until it is completed or aborted, its
// parts take room that no list of objects shows.
func (s *Store) Begin(ctx context.Context, bucket, key string, as Attributes) (id string, err error) {
	input := &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key, Metadata: as.Metadata}
	if as.ContentType != "" {
		input.ContentType = &as.ContentType
	}
	answer, err := s.client.CreateMultipartUpload(ctx, input)
	if err != nil {
		return "", s.explain("writing to it in parts", bucket, err)
	}
	if aws.ToString(answer.UploadId) == "" {
		return "", fmt.Errorf("bucket %q: the store began an upload in parts and did not say its id", bucket)
	}
	return *answer.UploadId, nil
}

// SignPart returns the request by which anybody can store one part, the first being 1, for
// so long.
func (s *Store) SignPart(ctx context.Context, bucket string, of Upload, number int32, valid time.Duration) (Signed, error) {
	input := &s3.UploadPartInput{Bucket: &bucket, Key: &of.Key, UploadId: &of.ID, PartNumber: &number}
	signed, err := s.signs.PresignUploadPart(ctx, input, s3.WithPresignExpires(valid))
	return s.signed(bucket, signed, err)
}

// Complete makes the object of its parts, which must be of that size in the end, and returns
// its ETag. The ETags of the parts are in their order; before is that of an object which has had
// the name so far, or empty.
func (s *Store) Complete(ctx context.Context, bucket string, of Upload, etags []string, size int64, before string) (string, error) {
	parts := make([]types.CompletedPart, len(etags))
	for i := range etags {
		parts[i] = types.CompletedPart{ETag: &etags[i], PartNumber: aws.Int32(int32(i + 1))}
	}
	_, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &of.Key, UploadId: &of.ID, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	told := s.explain("putting the parts of an object together", bucket, err)
	if told != nil && !NoUpload(told) {
		return "", told
	}
	// What the store then has tells, also where an answer was lost and there is no upload any more.
	answer, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &of.Key})
	switch {
	case err != nil && told != nil:
		return "", told
	case err != nil:
		return "", s.explain("looking at an object", bucket, err)
	case told != nil && (aws.ToInt64(answer.ContentLength) != size || aws.ToString(answer.ETag) == before):
		return "", told
	case aws.ToInt64(answer.ContentLength) != size:
		return "", fmt.Errorf("bucket %q: the store made an object of %d bytes of parts of %d", bucket, aws.ToInt64(answer.ContentLength), size)
	}
	return aws.ToString(answer.ETag), nil
}

// Abort ends an upload and frees its parts, but for those that are on their way; it reports whether
// there was one.
func (s *Store) Abort(ctx context.Context, bucket string, of Upload) (there bool, err error) {
	_, err = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: &of.Key, UploadId: &of.ID})
	if err = s.explain("aborting an upload in it", bucket, err); NoUpload(err) {
		return false, nil
	}
	return true, err
}

// Uploads goes through the uploads in parts whose keys begin with prefix.
func (s *Store) Uploads(ctx context.Context, bucket, prefix string) iter.Seq2[Upload, error] {
	return func(yield func(Upload, error) bool) {
		pages := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &bucket, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err = s.explain("listing the uploads in it", bucket, err); NoUpload(err) {
				return // some stores say so where there is none
			}
			if err != nil {
				yield(Upload{}, err)
				return
			}
			for _, one := range page.Uploads {
				if !yield(Upload{aws.ToString(one.Key), aws.ToString(one.UploadId)}, nil) {
					return
				}
			}
		}
	}
}

// NoUpload reports whether err says that there is no such upload.
func NoUpload(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "NoSuchUpload" || failed.Code == "" && failed.Status == http.StatusNotFound)
}
