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

// Object is one that is in a bucket.
type Object struct {
	Key  string
	Size int64
	// ETag is as the store has it, with quotes.
	ETag string
	// Changed is when it was put there, by the store's clock.
	Changed time.Time
}

// List goes through the objects whose keys begin with prefix.
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

// Stat returns what the store says of one object; Absent says of the error that there is none.
func (s *Store) Stat(ctx context.Context, bucket, key string) (Object, error) {
	answer, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Object{}, s.explain("read the metadata of an object", bucket, err)
	}
	return Object{key, aws.ToInt64(answer.ContentLength), aws.ToString(answer.ETag), aws.ToTime(answer.LastModified)}, nil
}

// Get reads an object. A read that breaks off goes on where it was.
func (s *Store) Get(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	return s.read(ctx, &reader{bucket: bucket, key: key})
}

// Part reads length bytes, more than none, of an object that has an ETag; from is where they begin.
// A read that breaks off goes on where it was.
func (s *Store) Part(ctx context.Context, bucket, key, etag string, offset, length int64) (io.ReadCloser, error) {
	return s.read(ctx, &reader{bucket: bucket, key: key, etag: &etag, offset: offset, size: offset + length, part: true})
}

// Beginning reads at most that much of an object.
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

// Replaced reports whether err says that an object has another ETag by now.
func Replaced(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "PreconditionFailed" || failed.Status == http.StatusPreconditionFailed)
}

// Absent reports whether err says that there is no such object.
func Absent(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "NoSuchKey" || failed.Code == "NotFound")
}

// NoBucket reports whether err says that there is no such bucket.
func NoBucket(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && failed.Code == "NoSuchBucket"
}
