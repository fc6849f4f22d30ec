// Hand copies one object as `aws s3 cp` does between a bucket and a pipe: parts of 8 MiB, ten at a
// time. It is what people put into a pod beside their results.
//
//	hand put s3://BUCKET/KEY <file
//	hand get s3://BUCKET/KEY >file
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// The defaults of the AWS CLI: multipart_chunksize and max_concurrent_requests.
const (
	part   = 8 << 20
	atOnce = 10
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "hand:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: hand put|get s3://BUCKET/KEY")
	}
	bucket, key, ok := strings.Cut(strings.TrimPrefix(args[1], "s3://"), "/")
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil || !ok {
		return errors.Join(err, errors.New("the second argument must be s3://BUCKET/KEY"))
	}
	o := &object{s3.NewFromConfig(loaded, func(o *s3.Options) { o.UsePathStyle = true }), &bucket, &key}
	if args[0] == "put" {
		return o.put(ctx, os.Stdin)
	}
	return o.get(ctx, os.Stdout)
}

type object struct {
	client      *s3.Client
	bucket, key *string
}

func (o *object) put(ctx context.Context, source io.Reader) error {
	begun, err := o.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: o.bucket, Key: o.key})
	if err != nil {
		return err
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	parts := make([]types.CompletedPart, 0, 10_000)
	for number := int32(1); ; number++ {
		content := make([]byte, part)
		n, err := io.ReadFull(source, content)
		if n > 0 {
			parts = append(parts, types.CompletedPart{PartNumber: &number})
			group.Go(func() error {
				answer, err := o.client.UploadPart(inner, &s3.UploadPartInput{Bucket: o.bucket, Key: o.key, UploadId: begun.UploadId, PartNumber: &number, Body: bytes.NewReader(content[:n])})
				if err == nil {
					parts[number-1].ETag = answer.ETag
				}
				return err
			})
		}
		if err != nil {
			break
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err = o.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: o.bucket, Key: o.key, UploadId: begun.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

// piece is one that is read ahead.
type piece struct {
	content []byte
	err     error
}

func (o *object) get(ctx context.Context, destination io.Writer) error {
	head, err := o.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: o.bucket, Key: o.key})
	if err != nil {
		return err
	}
	size, line := aws.ToInt64(head.ContentLength), make(chan chan piece, atOnce-1)
	go func() {
		defer close(line)
		for start := int64(0); start < size; start += part {
			result := make(chan piece, 1)
			line <- result
			go func() {
				content, err := o.read(ctx, start, min(start+part, size)-1)
				result <- piece{content, err}
			}()
		}
	}()
	for result := range line {
		p := <-result
		if p.err != nil {
			return p.err
		}
		if _, err := destination.Write(p.content); err != nil {
			return err
		}
	}
	return nil
}

func (o *object) read(ctx context.Context, start, end int64) ([]byte, error) {
	answer, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: o.bucket, Key: o.key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", start, end))})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}
