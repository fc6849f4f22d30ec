package s3

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

const (
	// expiryWindow is how long before their end credentials are renewed: what is signed holds
	// no longer than they do.
	expiryWindow = 5 * time.Minute
	// session is for how long a role is assumed, where the profile does not say it: every role
	// allows that, and it is what the AWS CLI asks for.
	session = time.Hour
)

// mostRoots is how much a CA bundle may be, in bytes: that of everybody's is half of it.
const mostRoots = 448 << 10

// defaultRegion signs for stores that have none, as nearly all but AWS do.
const defaultRegion = "us-east-1"

// Options say how to reach a store, where the environment and the files of the AWS
// CLI do not say it. All may be empty.
type Options struct {
	Profile, Region string
	// Endpoint is the store's URL, InCluster that which pods reach it under.
	Endpoint, InCluster string
	// PathStyle puts the bucket behind the host's name and not before it; nil means
	// so for every endpoint but AWS's own.
	PathStyle *bool
	// Silence is for how long a store may send nothing until a request is made again: 30 s if zero.
	Silence time.Duration
	// FirstPause is the pause before the first retry of a request: 250 ms if zero. Later pauses are up to 80 times as long.
	FirstPause time.Duration
	// Say, if not nil, is told of that.
	Say func(string)
}

// Store is an S3 store as one person sees it. Its methods may be called at the same time.
// Their errors are sentences for people, mostly an *Error.
type Store struct {
	client *s3.Client
	// signs makes requests for pods.
	signs *s3.PresignClient
	// endpoint and inCluster are for people: where requests of this machine and of
	// pods go.
	endpoint, inCluster string
	roots               []byte
	// reached says that the store has answered.
	reached atomic.Bool
	profile string
	part    int64
	// requests are this machine's; joins are those that the store takes long for.
	requests, joins *conversation
}

// Open finds credentials, region and endpoint as the AWS CLI does, and asks the store for
// nothing yet. Errors name what is missing.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := Configure(ctx, o)
	if err != nil {
		return nil, err
	}
	return s, s.Authenticate(ctx)
}

// Configure is Open without credentials: they are asked for by Authenticate, or by the first request.
func Configure(ctx context.Context, o Options) (*Store, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	s := &Store{
		profile: cmp.Or(o.Profile, os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"), "default"),
	}
	var err error
	const bundle = "AWS_CA_BUNDLE"
	if s.roots, err = readRoots(bundle, os.Getenv(bundle)); err != nil {
		return nil, err
	}
	loaded, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(o.Profile), config.WithRegion(o.Region), config.WithLogger(logging.Nop{}),
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
		config.WithHTTPClient(awshttp.NewBuildableClient()),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) { o.Duration = cmp.Or(o.Duration, session) }),
		config.WithCredentialsCacheOptions(func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = expiryWindow }),
		config.WithRetryer(func() aws.Retryer { return newRetryer(&s.reached, cmp.Or(o.FirstPause, defaultPause)) }))
	if _, asks := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); asks {
		return nil, fmt.Errorf("the role of profile %q requires an MFA code, which this command cannot ask for; export its credentials to the environment first, "+
			"for example with \"aws configure export-credentials --profile=%s --format=env\"", s.profile, s.profile)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	if s.roots == nil {
		if s.roots, err = readRoots("ca_bundle", ofProfile(loaded).CustomCABundle); err != nil {
			return nil, err
		}
	}
	return s, s.connect(loaded, o)
}

// Authenticate finds credentials. Where there are none, the last of the many sources says why.
func (s *Store) Authenticate(ctx context.Context) error {
	_, err := s.client.Options().Credentials.Retrieve(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("no S3 credentials found in profile %q, in the environment (AWS_ACCESS_KEY_ID) or in the role of this machine: %s",
		s.profile, plain(err))
}

// connect makes the clients.
func (s *Store) connect(loaded aws.Config, o Options) error {
	old, err := readBlock(s.profile)
	if err != nil {
		return err
	}
	if o.PathStyle == nil {
		o.PathStyle = old.pathStyle
	}
	s.part = old.chunk
	loaded.Region = cmp.Or(loaded.Region, defaultRegion)
	s.converse(loaded, o)
	var unfit error
	configure := func(options *s3.Options) {
		options.HTTPClient = s.requests
		given := cmp.Or(o.Endpoint, aws.ToString(options.BaseEndpoint), old.endpoint)
		if unfit = checkEndpoint("endpoint_url in the profile", given); given != "" {
			options.BaseEndpoint = aws.String(Endpoint(given))
		}
		options.UsePathStyle = options.BaseEndpoint != nil
		if o.PathStyle != nil {
			options.UsePathStyle = *o.PathStyle
		}
	}
	s.client = s3.NewFromConfig(loaded, configure)
	s.endpoint = cmp.Or(aws.ToString(s.client.Options().BaseEndpoint), "https://s3."+loaded.Region+".amazonaws.com")
	s.inCluster = cmp.Or(Endpoint(o.InCluster), s.endpoint)
	s.signs = s3.NewPresignClient(s3.NewFromConfig(loaded, configure, func(options *s3.Options) {
		if o.InCluster != "" {
			options.BaseEndpoint = &s.inCluster
			options.UsePathStyle = o.PathStyle == nil || *o.PathStyle
		}
	}))
	return unfit
}

// converse makes the HTTP clients.
func (s *Store) converse(loaded aws.Config, o Options) {
	transport, ok := loaded.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		transport = awshttp.NewBuildableClient()
	}
	silence := cmp.Or(o.Silence, defaultSilence)
	s.requests, s.joins = newConversation(transport, o.Say, silence, silence), newConversation(transport, o.Say, silence, joining)
}

// Endpoint returns the URL of a store in the one form that it has here: stores are compared by it.
func Endpoint(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.TrimSuffix(strings.ToLower(u.Host), ":")
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u.String()
}

// Check refuses endpoints that are none, by the flag they are given with.
func (o Options) Check() error {
	if err := checkEndpoint("--endpoint-url", o.Endpoint); err != nil {
		return err
	}
	return checkEndpoint("--in-cluster-endpoint-url", o.InCluster)
}

// checkEndpoint refuses what is no URL of a server; empty is none.
func checkEndpoint(name, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("invalid value %q for %s: must be a URL such as https://s3.example.org", text, name)
	}
	return nil
}

// Endpoint is where requests of this machine go.
func (s *Store) Endpoint() string { return s.endpoint }

// Region is what requests are signed for.
func (s *Store) Region() string { return s.client.Options().Region }

// Now is the time by the store's clock, as the last answer said it; zero where none did.
func (s *Store) Now() time.Time {
	if seconds := s.requests.clock.Load(); seconds != 0 {
		return time.Unix(seconds, 0)
	}
	return time.Time{}
}

// PartSize is how many bytes the parts of large files are to have, by the profile's multipart_chunksize; 0
// where it does not say.
func (s *Store) PartSize() int64 { return s.part }

// Roots are the certificates, as PEM, that the store's is to be checked by; nil for
// those that everybody trusts. They are those of AWS_CA_BUNDLE, or of the profile's ca_bundle.
func (s *Store) Roots() []byte { return s.roots }

// Plain returns the endpoints that are not protected by TLS.
func (s *Store) Plain() (endpoints []string) {
	for _, endpoint := range []string{s.endpoint, s.inCluster} {
		if u, err := url.Parse(endpoint); err == nil && u.Scheme == "http" && (len(endpoints) == 0 || endpoints[0] != endpoint) {
			endpoints = append(endpoints, endpoint)
		}
	}
	return endpoints
}

// ofProfile is what the profile says.
func ofProfile(loaded aws.Config) config.SharedConfig {
	for _, source := range loaded.ConfigSources {
		if shared, ok := source.(config.SharedConfig); ok {
			return shared
		}
	}
	return config.SharedConfig{}
}

// readRoots reads the certificates in a file, which a setting of that name names; none of them
// where it is empty.
func readRoots(name, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user says which
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	roots := certificates(text)
	if len(roots) > mostRoots {
		return nil, fmt.Errorf("%s=%s: the certificates exceed %d KiB, the limit for a pod; use a file with only the CA of the store", name, path, mostRoots>>10)
	}
	return roots, nil
}

// certificates are those in text, without whatever else is in it: it goes to a pod.
func certificates(text []byte) (certs []byte) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			certs = append(certs, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})...)
		}
	}
	return certs
}

// plain is the last cause of an error of the SDK, without the chain of what was under way.
func plain(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
