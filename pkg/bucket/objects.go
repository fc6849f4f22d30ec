package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Attributes are what an object is stored with. Both may be empty.
type Attributes struct {
	ContentType string
	// Metadata is the user's own: names in lower case, and values of ASCII.
	Metadata map[string]string
}

// Signed is a request that anybody can make: a PUT of any content to a URL, with just
// these headers that begin with x-amz, and with this content type.
type Signed struct {
	URL    string
	Header map[string]string
}

// SignPut returns the request by which anybody can make one object, for so long.
func (s *Store) SignPut(ctx context.Context, bucket, key string, as Attributes, valid time.Duration) (Signed, error) {
	input := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Metadata: as.Metadata}
	if as.ContentType != "" {
		input.ContentType = &as.ContentType
	}
	signed, err := s.signs.PresignPutObject(ctx, input, s3.WithPresignExpires(valid))
	return s.signed(bucket, signed, err)
}

func (s *Store) signed(bucket string, request *v4.PresignedHTTPRequest, err error) (Signed, error) {
	if err != nil {
		return Signed{}, s.explain("signing a request", bucket, err)
	}
	header := map[string]string{}
	for name, values := range request.SignedHeader {
		if name != "Host" && len(values) > 0 {
			header[name] = values[0]
		}
	}
	return Signed{request.URL, header}, nil
}

// Put makes an object of a few bytes.
func (s *Store) Put(ctx context.Context, bucket, key string, content []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)})
	return s.explain("writing to it", bucket, err)
}

// PutNew is Put where there is no such object yet; Replaced says of the error that there is. A store that cannot
// tell overwrites it.
func (s *Store) PutNew(ctx context.Context, bucket, key string, content []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content), IfNoneMatch: aws.String("*")})
	err = s.explain("writing to it", bucket, err)
	if failed, ok := errors.AsType[*Error](err); ok && (failed.Status == http.StatusNotImplemented || failed.Code == "NotImplemented") {
		return s.Put(ctx, bucket, key, content)
	}
	return err
}

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
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{}, s.explain("listing it", bucket, err))
				return
			}
			for _, one := range page.Contents {
				object := Object{aws.ToString(one.Key), aws.ToInt64(one.Size), aws.ToString(one.ETag), aws.ToTime(one.LastModified)}
				if !yield(object, nil) {
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
	for one, err := range s.List(ctx, bucket, prefix) {
		if err != nil {
			return 0, err
		}
		if !strings.HasPrefix(one.Key, prefix) {
			return 0, fmt.Errorf("bucket %q: the store listed %q, which is not below %q", bucket, one.Key, prefix)
		}
		keys = append(keys, one.Key)
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

// Part reads length bytes, more than none, of an object that has an ETag; from is where they begin.
// A read that breaks off goes on where it was.
func (s *Store) Part(ctx context.Context, bucket, key, etag string, from, length int64) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{store: s, ctx: ctx, cancel: cancel, bucket: bucket, key: key, etag: &etag, at: from, size: from + length, part: true}
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
