package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// SignPut returns the URL by which anybody can make one object, for so long. A PUT with
// it may send any content, and no headers that begin with x-amz.
func (s *Store) SignPut(ctx context.Context, bucket, key string, valid time.Duration) (string, error) {
	signed, err := s.signs.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key}, s3.WithPresignExpires(valid))
	if err != nil {
		return "", s.explain("signing a request", bucket, err)
	}
	return signed.URL, nil
}

// Put makes an object of a few bytes.
func (s *Store) Put(ctx context.Context, bucket, key string, content []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)})
	return s.explain("writing to it", bucket, err)
}

// List goes through the keys of objects that begin with prefix.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", s.explain("listing it", bucket, err))
				return
			}
			for _, one := range page.Contents {
				if !yield(aws.ToString(one.Key), nil) {
					return
				}
			}
		}
	}
}

// Delete removes objects; one that is not there is none to remove.
func (s *Store) Delete(ctx context.Context, bucket string, keys ...string) error {
	for len(keys) > 0 {
		some := keys[:min(len(keys), 1000)] // the S3 API's limit
		keys = keys[len(some):]
		if err := s.deleteSome(ctx, bucket, some); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) deleteSome(ctx context.Context, bucket string, keys []string) error {
	if len(keys) == 1 {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &keys[0]})
		return s.explain("deleting from it", bucket, err)
	}
	quiet, all := true, make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		all[i].Key = &keys[i]
	}
	answer, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: all, Quiet: &quiet}})
	if err != nil {
		return s.deleteEach(ctx, bucket, keys) // older stores do not know the checksum that it comes with
	}
	for _, failed := range answer.Errors {
		if code := aws.ToString(failed.Code); code != "NoSuchKey" {
			return s.Explain("deleting from it", bucket, Refusal{Code: code, Message: aws.ToString(failed.Message)})
		}
	}
	return nil
}

func (s *Store) deleteEach(ctx context.Context, bucket string, keys []string) error {
	for i := range keys {
		if err := s.deleteSome(ctx, bucket, keys[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Empty removes all objects whose keys begin with prefix, and returns how many they were.
func (s *Store) Empty(ctx context.Context, bucket, prefix string) (count int, err error) {
	var keys []string
	for key, err := range s.List(ctx, bucket, prefix) {
		if err != nil {
			return 0, err
		}
		if !strings.HasPrefix(key, prefix) {
			return 0, fmt.Errorf("bucket %q: the store listed %q, which is not below %q", bucket, key, prefix)
		}
		keys = append(keys, key)
	}
	return len(keys), s.Delete(ctx, bucket, keys...)
}

// Get reads an object. A read that breaks off goes on where it was.
func (s *Store) Get(ctx context.Context, bucket, key string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{store: s, ctx: ctx, cancel: cancel, bucket: bucket, key: key}
	if err := r.open(); err != nil {
		cancel()
		return nil, err
	}
	return r, nil
}

// Beginning reads at most that much of an object.
func (s *Store) Beginning(ctx context.Context, bucket, key string, most int64) ([]byte, error) {
	r, err := s.Get(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(r, most))
	return text, err
}

// Absent reports whether err says that there is no such object.
func Absent(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Code == "NoSuchKey" || failed.Code == "NotFound")
}
