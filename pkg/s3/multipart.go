package s3

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // it is what stores make ETags of
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
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

// CreateUpload begins an upload in parts and returns its id. Until it is completed or aborted, its
// parts take room that no list of objects shows.
func (s *Store) CreateUpload(ctx context.Context, bucket, key string, as Attributes) (id string, err error) {
	input := &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key, Metadata: as.Metadata}
	if as.ContentType != "" {
		input.ContentType = &as.ContentType
	}
	answer, err := s.client.CreateMultipartUpload(ctx, input)
	if err != nil {
		return "", s.explain("create a multipart upload", bucket, err)
	}
	if aws.ToString(answer.UploadId) == "" {
		return "", fmt.Errorf("bucket %q: the store returned no ID for a multipart upload", bucket)
	}
	return *answer.UploadId, nil
}

// SignPart returns the request by which anybody can store one part, the first being 1, for
// so long.
func (s *Store) SignPart(ctx context.Context, bucket string, upload Upload, number int32, valid time.Duration) (Signed, error) {
	input := &s3.UploadPartInput{Bucket: &bucket, Key: &upload.Key, UploadId: &upload.ID, PartNumber: &number}
	signed, err := s.signs.PresignUploadPart(ctx, input, s3.WithPresignExpires(valid))
	return s.signed(bucket, signed, err)
}

// Complete makes the object of its parts, which must be of that size in the end, and returns
// its ETag. The ETags of the parts are in their order. Where the upload is gone, an object that is proven to
// be of these parts is the answer: an answer before was lost.
func (s *Store) Complete(ctx context.Context, bucket string, upload Upload, etags []string, size int64) (string, error) {
	parts := make([]types.CompletedPart, len(etags))
	for i := range etags {
		parts[i] = types.CompletedPart{ETag: &etags[i], PartNumber: aws.Int32(int32(i + 1))}
	}
	_, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &upload.Key, UploadId: &upload.ID, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}, func(o *s3.Options) { o.HTTPClient = s.joins })
	explained := s.explain("complete a multipart upload", bucket, err)
	if explained != nil && !NoUpload(explained) {
		return "", explained
	}
	object, err := s.Stat(ctx, bucket, upload.Key)
	switch {
	case err != nil:
		return "", cmp.Or(explained, err)
	case explained != nil && !object.Consists(etags, size):
		return "", explained
	case object.Size != size:
		return "", fmt.Errorf("bucket %q: the store created an object of %d bytes from parts of %d bytes", bucket, object.Size, size)
	}
	return object.ETag, nil
}

// Part is a part of an upload that the store holds.
type Part struct {
	// Number is 1 for the first.
	Number int
	ETag   string
}

// Parts goes through the parts that the store holds of an upload; NoUpload says of the error that there
// is no such upload.
func (s *Store) Parts(ctx context.Context, bucket string, upload Upload) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		pages, paging := s3.NewListPartsPaginator(s.client, &s3.ListPartsInput{Bucket: &bucket, Key: &upload.Key, UploadId: &upload.ID}), newPaging(bucket)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Part{}, s.explain("list the parts of a multipart upload", bucket, err))
				return
			}
			firstEntry := ""
			if len(page.Parts) > 0 {
				firstEntry = strconv.Itoa(int(aws.ToInt32(page.Parts[0].PartNumber)))
			}
			if err := paging.check(aws.ToString(page.NextPartNumberMarker), firstEntry); err != nil {
				yield(Part{}, err)
				return
			}
			for _, part := range page.Parts {
				if !yield(Part{int(aws.ToInt32(part.PartNumber)), aws.ToString(part.ETag)}, nil) {
					return
				}
			}
		}
	}
}

// Consists reports whether the object is proven to be made of the parts with these ETags. It is not where
// the store makes its ETags in another way than of MD5.
func (o Object) Consists(etags []string, size int64) bool {
	sums := md5.New() //nolint:gosec // it is what stores make ETags of
	for _, etag := range etags {
		sum, err := hex.DecodeString(BareETag(etag))
		if err != nil || len(sum) != md5.Size {
			return false
		}
		_, _ = sums.Write(sum) // never fails
	}
	return o.Size == size && len(etags) > 0 && BareETag(o.ETag) == fmt.Sprintf("%x-%d", sums.Sum(nil), len(etags))
}

// BareETag is an ETag without quotes: stores differ in whether a list has them.
func BareETag(etag string) string { return strings.Trim(etag, `"`) }

// Abort ends an upload and frees its parts, but for those that are on their way; it reports whether
// there was one.
func (s *Store) Abort(ctx context.Context, bucket string, upload Upload) (existed bool, err error) {
	_, err = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: &upload.Key, UploadId: &upload.ID})
	if err = s.explain("abort a multipart upload", bucket, err); NoUpload(err) {
		return false, nil
	}
	return true, err
}

// Uploads goes through the uploads in parts whose keys begin with prefix.
func (s *Store) Uploads(ctx context.Context, bucket, prefix string) iter.Seq2[Upload, error] {
	return func(yield func(Upload, error) bool) {
		pages, paging := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &bucket, Prefix: &prefix}), newPaging(bucket)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err = s.explain("list multipart uploads", bucket, err); NoUpload(err) {
				return // some stores say so where there is none
			}
			firstEntry := ""
			if err == nil && len(page.Uploads) > 0 {
				firstEntry = aws.ToString(page.Uploads[0].Key) + " " + aws.ToString(page.Uploads[0].UploadId)
			}
			if err == nil {
				err = paging.check(strings.TrimSpace(aws.ToString(page.NextKeyMarker)+" "+aws.ToString(page.NextUploadIdMarker)), firstEntry)
			}
			if err != nil {
				yield(Upload{}, err)
				return
			}
			for _, upload := range page.Uploads {
				if !yield(Upload{aws.ToString(upload.Key), aws.ToString(upload.UploadId)}, nil) {
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

// PartsGone reports whether err says that the store does not hold parts of an upload, or the whole upload, any more.
func PartsGone(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return NoUpload(err) || ok && failed.Code == "InvalidPart"
}
