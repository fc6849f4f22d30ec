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

// Limits of the S3 API: the maximum number of parts of an object, and the minimum and maximum
// size of each part except the last, in bytes. MostPart is also the limit of a single PUT.
const (
	MostParts = 10_000
	LeastPart = 5 << 20
	MostPart  = 5 << 30
)

// Upload is an incomplete multipart upload.
type Upload struct{ Key, ID string }

// CreateUpload creates a multipart upload and returns its ID. Until it is completed or aborted,
// its parts use space that no list of objects shows.
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

// SignPart returns a pre-signed request that stores one part. The first part has the number 1.
func (s *Store) SignPart(ctx context.Context, bucket string, upload Upload, number int32, valid time.Duration) (Signed, error) {
	input := &s3.UploadPartInput{Bucket: &bucket, Key: &upload.Key, UploadId: &upload.ID, PartNumber: &number}
	signed, err := s.signs.PresignUploadPart(ctx, input, s3.WithPresignExpires(valid))
	return s.signed(bucket, signed, err)
}

// Complete creates the object from its parts and returns its ETag. etags are those of the parts, in their
// order. The object must have that size. If the upload no longer exists, Complete succeeds if the object
// is proven to consist of these parts: then the response to an earlier request was lost.
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

// Parts returns the stored parts of an upload. If the upload does not exist, NoUpload reports true for
// the error.
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

// Consists reports whether the object is proven to consist of the parts with these ETags. There is no
// proof if the store does not compute its ETags from MD5.
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

// BareETag returns an ETag without quotes. Only some stores return quotes in lists.
func BareETag(etag string) string { return strings.Trim(etag, `"`) }

// Abort aborts an upload and deletes its parts, except parts that are being sent. It reports whether
// the upload existed.
func (s *Store) Abort(ctx context.Context, bucket string, upload Upload) (existed bool, err error) {
	_, err = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: &upload.Key, UploadId: &upload.ID})
	if err = s.explain("abort a multipart upload", bucket, err); NoUpload(err) {
		return false, nil
	}
	return true, err
}

// Uploads returns the multipart uploads whose keys begin with prefix.
func (s *Store) Uploads(ctx context.Context, bucket, prefix string) iter.Seq2[Upload, error] {
	return func(yield func(Upload, error) bool) {
		pages, paging := s3.NewListMultipartUploadsPaginator(s.client, &s3.ListMultipartUploadsInput{Bucket: &bucket, Prefix: &prefix}), newPaging(bucket)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err = s.explain("list multipart uploads", bucket, err); NoUpload(err) {
				return // some stores return this error if there are no uploads
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

// NoUpload reports whether err says that the upload does not exist.
func NoUpload(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "NoSuchUpload" || failed.Code == "" && failed.Status == http.StatusNotFound)
}

// PartsGone reports whether err says that parts of an upload, or the upload, no longer exist.
func PartsGone(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return NoUpload(err) || ok && failed.Code == "InvalidPart"
}
