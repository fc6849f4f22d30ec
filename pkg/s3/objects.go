package s3

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Object is the metadata of an object in a bucket.
type Object struct {
	Key  string
	Size int64
	// ETag is as the store returned it, with quotes.
	ETag string
	// Changed is the time of the last PUT, by the store's clock.
	Changed time.Time
}

// List returns the objects whose keys begin with prefix.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		pages, paging := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}), newPaging(bucket)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{}, s.explain("list objects", bucket, err))
				return
			}
			firstEntry := ""
			if len(page.Contents) > 0 {
				firstEntry = aws.ToString(page.Contents[0].Key)
			}
			if err := paging.check(aws.ToString(page.NextContinuationToken), firstEntry); err != nil {
				yield(Object{}, err)
				return
			}
			for _, entry := range page.Contents {
				object := Object{aws.ToString(entry.Key), aws.ToInt64(entry.Size), aws.ToString(entry.ETag), aws.ToTime(entry.LastModified)}
				if !yield(object, nil) {
					return
				}
			}
		}
	}
}

// Stat returns the metadata of an object. If it does not exist, Absent reports true for the error.
func (s *Store) Stat(ctx context.Context, bucket, key string) (Object, error) {
	answer, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Object{}, s.explain("read the metadata of an object", bucket, err)
	}
	return Object{key, aws.ToInt64(answer.ContentLength), aws.ToString(answer.ETag), aws.ToTime(answer.LastModified)}, nil
}

// Get reads an object. It resumes a read that is interrupted.
func (s *Store) Get(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	return s.read(ctx, &reader{bucket: bucket, key: key})
}

// Part reads length bytes from offset on, at least 1, of the object with that ETag. If the object has
// another one, Replaced reports true for the error. Part resumes a read that is interrupted.
func (s *Store) Part(ctx context.Context, bucket, key, etag string, offset, length int64) (io.ReadCloser, error) {
	return s.read(ctx, &reader{bucket: bucket, key: key, etag: &etag, offset: offset, size: offset + length, part: true})
}

// Beginning reads at most the first limit bytes of an object.
func (s *Store) Beginning(ctx context.Context, bucket, key string, limit int64) ([]byte, error) {
	r, err := s.read(ctx, &reader{bucket: bucket, key: key, size: limit, part: true, short: true})
	if failed, ok := errors.AsType[*Error](err); ok && failed.Status == http.StatusRequestedRangeNotSatisfiable {
		return nil, nil // it is empty
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(r, limit))
	return text, err
}

// Replaced reports whether err says that an object has another ETag.
func Replaced(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "PreconditionFailed" || failed.Status == http.StatusPreconditionFailed)
}

// Absent reports whether err says that an object does not exist.
func Absent(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "NoSuchKey" || failed.Code == "NotFound")
}

// NoBucket reports whether err says that a bucket does not exist.
func NoBucket(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && failed.Code == "NoSuchBucket"
}
