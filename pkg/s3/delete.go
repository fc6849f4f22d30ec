package s3

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Delete removes objects. Objects that do not exist are ignored.
func (s *Store) Delete(ctx context.Context, bucket string, keys ...string) error {
	for len(keys) > 0 {
		batch := keys[:min(len(keys), 1000)] // the S3 API's limit
		keys = keys[len(batch):]
		if err := s.deleteSome(ctx, bucket, batch); err != nil {
			return err
		}
	}
	return nil
}

// DeleteOver removes an object if it has this ETag. Otherwise Replaced reports true for the error. A store without
// conditional requests removes the object in any case.
func (s *Store) DeleteOver(ctx context.Context, bucket, key, etag string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key, IfMatch: &etag})
	if err = s.explain("delete objects", bucket, err); unknown(err) {
		return s.Delete(ctx, bucket, key)
	}
	return err
}

func (s *Store) deleteSome(ctx context.Context, bucket string, keys []string) error {
	if len(keys) == 1 {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &keys[0]})
		return s.explain("delete objects", bucket, err)
	}
	quiet, identifiers := true, make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		identifiers[i].Key = &keys[i]
	}
	answer, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: identifiers, Quiet: &quiet}})
	if err != nil {
		return s.deleteEach(ctx, bucket, keys) // older stores do not support the checksum of this request
	}
	for _, failed := range answer.Errors {
		if code := aws.ToString(failed.Code); code != "NoSuchKey" {
			return s.Explain("delete objects", bucket, Refusal{Code: code, Message: aws.ToString(failed.Message)})
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

// Empty removes all objects whose keys begin with prefix, and returns their number.
func (s *Store) Empty(ctx context.Context, bucket, prefix string) (count int, err error) {
	var keys []string
	for object, err := range s.List(ctx, bucket, prefix) {
		if err != nil {
			return 0, err
		}
		if !strings.HasPrefix(object.Key, prefix) {
			return 0, fmt.Errorf("bucket %q: the store listed %q, which does not start with %q", bucket, object.Key, prefix)
		}
		keys = append(keys, object.Key)
	}
	return len(keys), s.Delete(ctx, bucket, keys...)
}
