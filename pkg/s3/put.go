package s3

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // it is what stores check content by
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Attributes are stored with an object. Both may be empty.
type Attributes struct {
	ContentType string
	// Metadata is user-defined: names in lower case, and values in ASCII.
	Metadata map[string]string
}

// Signed is a pre-signed PUT request, which needs no credentials. The content is arbitrary. The
// headers that begin with x-amz, and the content type, must be those of Header.
type Signed struct {
	URL    string
	Header map[string]string
}

// SignPut returns a pre-signed request that creates one object.
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
		return Signed{}, s.explain("sign a request", bucket, err)
	}
	header := map[string]string{}
	for name, values := range request.SignedHeader {
		if name != "Host" && len(values) > 0 {
			header[name] = values[0]
		}
	}
	return Signed{request.URL, header}, nil
}

// Put creates a small object.
func (s *Store) Put(ctx context.Context, bucket, key string, content []byte) error {
	_, err := s.client.PutObject(ctx, small(bucket, key, content))
	return s.explain("write objects", bucket, err)
}

// small returns a request that creates a small object. It has the MD5 of the content, because some
// stores keep the content of an interrupted request.
func small(bucket, key string, content []byte) *s3.PutObjectInput {
	sum := md5.Sum(content) //nolint:gosec // it is what stores check content by
	return &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content), ContentMD5: aws.String(base64.StdEncoding.EncodeToString(sum[:]))}
}

// PutOver is Put if the object has this ETag, or, with an empty ETag, if it does not exist. Otherwise Replaced or
// Absent reports true for the error. A store without conditional requests overwrites the object in any case.
func (s *Store) PutOver(ctx context.Context, bucket, key, etag string, content []byte) error {
	input := small(bucket, key, content)
	if etag == "" {
		input.IfNoneMatch = aws.String("*")
	} else {
		input.IfMatch = &etag
	}
	_, err := s.client.PutObject(ctx, input)
	if err = s.explain("write objects", bucket, err); unknown(err) {
		return s.Put(ctx, bucket, key, content)
	}
	return err
}

// unknown reports whether err says that the store does not support the request.
func unknown(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Status == http.StatusNotImplemented || failed.Code == "NotImplemented")
}
