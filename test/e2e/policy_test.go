//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"
)

// manual is where the least policy stands.
const manual = "../../docs/s3.md"

// leastPolicy is what the manual says, as the policy of a bucket for one user.
func leastPolicy(ts *testscript.TestScript, bucket, without string) string {
	text, err := os.ReadFile(manual)
	ts.Check(err)
	_, rest, _ := strings.Cut(string(text), "```json\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		ts.Fatalf("%s holds no policy", manual)
	}
	var policy struct {
		Version   string
		Statement []map[string]any
	}
	ts.Check(json.Unmarshal([]byte(strings.ReplaceAll(block, "BUCKET", bucket)), &policy))
	statements := policy.Statement[:0]
	for _, statement := range policy.Statement {
		if statement["Sid"] != without {
			statement["Principal"] = map[string]any{"AWS": []string{os.Getenv("CLUSTER_S3_GUEST_KEY")}}
			statements = append(statements, statement)
		}
	}
	if without != "" && len(statements) == len(policy.Statement) {
		ts.Fatalf("%s has no statement %s", manual, without)
	}
	policy.Statement = statements
	text, err = json.Marshal(policy)
	ts.Check(err)
	return string(text)
}

// policy allows the guest what the manual says is the least, without one statement of it if
// that is named.
func policy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: policy [without SID]")
	}
	without := ""
	if len(args) == 1 {
		without = args[0]
	}
	bucket := ts.Getenv("BUCKET")
	ca, err := os.Open(os.Getenv("CLUSTER_S3_CA"))
	ts.Check(err)
	defer func() { _ = ca.Close() }()
	ctx := context.Background()
	root := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: os.Getenv("CLUSTER_S3_KEY"), SecretAccessKey: os.Getenv("CLUSTER_S3_SECRET")}, nil
	})
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion("us-east-1"), config.WithCustomCABundle(ca), config.WithCredentialsProvider(root))
	ts.Check(err)
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String(os.Getenv("CLUSTER_S3_ENDPOINT")), true
	})
	_, err = client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(leastPolicy(ts, bucket, without))})
	ts.Check(err)
}
