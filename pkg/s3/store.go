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
	// expiryWindow is how long before their expiry credentials are renewed, because a signature
	// is not valid for longer than the credentials.
	expiryWindow = 5 * time.Minute
	// session is how long a role is assumed, if the profile does not set it. Every role allows
	// this duration, and the AWS CLI uses it too.
	session = time.Hour
)

// mostRoots is the maximum size of a CA bundle in bytes: twice that of the public roots.
const mostRoots = 448 << 10

// defaultRegion is the region in signatures for stores without regions, which are most stores except AWS.
const defaultRegion = "us-east-1"

// Options override the settings in the environment and in the files of the AWS CLI. All may
// be empty.
type Options struct {
	Profile, Region string
	// Endpoint is the URL of the store, and InCluster its URL for pods.
	Endpoint, InCluster string
	// PathStyle puts the bucket into the path of URLs, not into the host name. Nil means
	// true for every endpoint except AWS.
	PathStyle *bool
	// Silence is how long a store may send no data before a request is retried: 30 s if zero.
	Silence time.Duration
	// FirstPause is the pause before the first retry of a request: 250 ms if zero. Later pauses are up to 80 times as long.
	FirstPause time.Duration
	// Say, if not nil, receives a note about such a retry.
	Say func(string)
}

// Store is an S3 store, accessed by one user. Its methods may be called at the same time. Their
// errors are sentences for the user, usually an *Error.
type Store struct {
	client *s3.Client
	// signs creates pre-signed requests for pods.
	signs *s3.PresignClient
	// endpoint and inCluster are the URLs for requests of this machine and of pods, for
	// messages.
	endpoint, inCluster string
	roots               []byte
	// reached says that the store has responded.
	reached atomic.Bool
	profile string
	part    int64
	// requests is the HTTP client of this machine. joins is used for requests that take long.
	requests, joins *conversation
}

// Open finds credentials, region and endpoint as the AWS CLI does. It sends no request to the
// store. Errors name what is missing.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := Configure(ctx, o)
	if err != nil {
		return nil, err
	}
	return s, s.Authenticate(ctx)
}

// Configure is Open without credentials. Authenticate, or the first request, retrieves them.
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

// Authenticate retrieves credentials. If there are none, the error has the cause of the last source.
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

// connect creates the clients.
func (s *Store) connect(loaded aws.Config, o Options) error {
	settings, err := readBlock(s.profile)
	if err != nil {
		return err
	}
	if o.PathStyle == nil {
		o.PathStyle = settings.pathStyle
	}
	s.part = settings.chunk
	loaded.Region = cmp.Or(loaded.Region, defaultRegion)
	s.converse(loaded, o)
	var unfit error
	configure := func(options *s3.Options) {
		options.HTTPClient = s.requests
		given := cmp.Or(o.Endpoint, aws.ToString(options.BaseEndpoint))
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

// converse creates the HTTP clients.
func (s *Store) converse(loaded aws.Config, o Options) {
	transport, ok := loaded.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		transport = awshttp.NewBuildableClient()
	}
	silence := cmp.Or(o.Silence, defaultSilence)
	s.requests, s.joins = newConversation(transport, o.Say, silence, silence), newConversation(transport, o.Say, silence, joining)
}

// Endpoint returns the normalized URL of a store, so that URLs can be compared.
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

// Check validates the endpoints. Its error names the flag.
func (o Options) Check() error {
	if err := checkEndpoint("--endpoint-url", o.Endpoint); err != nil {
		return err
	}
	return checkEndpoint("--in-cluster-endpoint-url", o.InCluster)
}

// checkEndpoint returns an error if text is neither empty nor the URL of a server.
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

// Endpoint returns the URL for requests of this machine.
func (s *Store) Endpoint() string { return s.endpoint }

// Region returns the region in signatures.
func (s *Store) Region() string { return s.client.Options().Region }

// Now returns the time of the store's clock in the last response; zero if there was none.
func (s *Store) Now() time.Time {
	if seconds := s.requests.clock.Load(); seconds != 0 {
		return time.Unix(seconds, 0)
	}
	return time.Time{}
}

// PartSize returns the size of the parts of large files in bytes, by the profile's multipart_chunksize; 0 if
// it is not set.
func (s *Store) PartSize() int64 { return s.part }

// Roots returns the root certificates for the store, as PEM, from AWS_CA_BUNDLE or the
// profile's ca_bundle; nil for the public roots.
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

// ofProfile returns the settings of the profile.
func ofProfile(loaded aws.Config) config.SharedConfig {
	for _, source := range loaded.ConfigSources {
		if shared, ok := source.(config.SharedConfig); ok {
			return shared
		}
	}
	return config.SharedConfig{}
}

// readRoots reads the certificates in the file at path. It returns nil if path is empty. name is
// the setting that contains the path, for errors.
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

// certificates returns only the certificates in text, because they are sent to pods, and text may
// also contain private keys.
func certificates(text []byte) (certs []byte) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			certs = append(certs, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})...)
		}
	}
	return certs
}

// plain returns the text of the innermost cause of an error of the SDK.
func plain(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
