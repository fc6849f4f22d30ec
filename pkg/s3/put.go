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

// Put makes an object of a few bytes.
func (s *Store) Put(ctx context.Context, bucket, key string, content []byte) error {
	_, err := s.client.PutObject(ctx, small(bucket, key, content))
	return s.explain("write objects", bucket, err)
}

// small is an object of a few bytes, with their MD5: there are stores that keep what came of a
// request that broke off.
func small(bucket, key string, content []byte) *s3.PutObjectInput {
	sum := md5.Sum(content) //nolint:gosec // it is what stores check content by
	return &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content), ContentMD5: aws.String(base64.StdEncoding.EncodeToString(sum[:]))}
}

// PutOver is Put where the object is the one with this ETag, or where there is none and the ETag is empty; Replaced,
// or Absent, says of the error that it is not so. A store that cannot tell overwrites whatever is there.
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

// unknown reports whether err says that the store does not know what it was asked for.
func unknown(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && (failed.Status == http.StatusNotImplemented || failed.Code == "NotImplemented")
}
