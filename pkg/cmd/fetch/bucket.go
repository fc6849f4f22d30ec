package fetch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// usedFlag is a flag that conflicts with another one if it is used.
type usedFlag struct {
	name string
	used bool
	// reason says why the flags conflict; empty if the message has one reason for all flags.
	reason string
}

// parseBucket parses the flags of the bucket. Without a bucket they are errors.
func (p *parser) parseBucket() error {
	if !p.several() && len(p.args) > 0 && strings.HasPrefix(p.args[0], s3.Scheme) {
		return p.parseStore()
	}
	if p.To != "" {
		return p.parseTo()
	}
	via, setting := p.Via, "--via"
	if via == "" && p.Transport != "tar" { // --transport=tar overrides the environment
		setting = "$" + factory.ViaVariable
		if value, ok := p.factory.LookupEnv(factory.ViaVariable); ok {
			via = value
		}
	}
	if via == "" || via == results.Direct {
		return p.checkNoBucket()
	}
	location, err := s3.ParseLocation(via)
	if err != nil {
		return fmt.Errorf("invalid value %q for %s: %w", via, setting, err)
	}
	if p.Transport == "tar" {
		return fmt.Errorf("--transport=tar and --via=%s are mutually exclusive: tar transfers through the API server", via)
	}
	bucket := &p.request.Bucket
	bucket.Via, bucket.ViaSetting = location, setting
	bucket.KeepObjects = p.KeepObjects
	return p.parseStore()
}

func (p *parser) parseTo() (err error) {
	if p.request.Bucket.To, err = s3.ParseLocation(p.To); err != nil {
		return fmt.Errorf("invalid value %q for --to: %w", p.To, err)
	}
	return errors.Join(p.checkTo(), p.parseStore())
}

// checkTo returns an error for flags that have no meaning if the files are stored in a bucket.
func (p *parser) checkTo() error {
	for _, flag := range []usedFlag{
		{"-d", p.Dir != "", "no files are written to the local machine"},
		{"--via", p.Via != "" && p.Via != results.Direct, "the files are stored in the bucket"},
		{"--keep-objects", p.KeepObjects, "the objects are the result"},
		{"--manifest", p.Manifest != "", "the list of SHA-256 sums is stored in the bucket"},
		{"--compress", p.Compress != results.Auto, "the files are stored uncompressed"},
		{"--limit-rate", p.LimitRate != "", "the files do not pass through the local machine"},
		{"--transport=tar", p.Transport == "tar", "only the agent can upload files to a bucket"},
	} {
		if flag.used {
			return fmt.Errorf("%s and --to=%s are mutually exclusive: %s", flag.name, p.To, flag.reason)
		}
	}
	return nil
}

// parseStore parses how the store is reached.
func (p *parser) parseStore() error {
	store := s3.Options{Profile: p.Profile, Region: p.Region, Endpoint: p.EndpointURL, InCluster: p.InClusterURL, PathStyle: p.PathStyle}
	p.request.Bucket.Store = store
	return store.Check()
}

// checkNoBucket returns an error for flags that require a bucket.
func (p *parser) checkNoBucket() error {
	if p.KeepObjects {
		return errors.New("--keep-objects requires --via=s3://BUCKET")
	}
	for _, flag := range []usedFlag{
		{name: "--profile", used: p.Profile != ""},
		{name: "--region", used: p.Region != ""},
		{name: "--endpoint-url", used: p.EndpointURL != ""},
		{name: "--in-cluster-endpoint-url", used: p.InClusterURL != ""},
		{name: "--path-style", used: p.PathStyle != nil},
	} {
		if flag.used {
			return fmt.Errorf("%s requires --via=s3://BUCKET or --to=s3://BUCKET/PREFIX", flag.name)
		}
	}
	return nil
}

// checkStored returns an error for flags that require a cluster if the source is a bucket.
func (p *parser) checkStored() error {
	stored := p.request.Stored
	if stored.Bucket == "" {
		return nil
	}
	for _, flag := range []usedFlag{
		{name: "--via", used: p.Via != ""},
		{name: "--to", used: p.To != ""},
		{name: "--keep-objects", used: p.KeepObjects},
		{name: "--in-cluster-endpoint-url", used: p.InClusterURL != ""},
		{name: "--task", used: p.Task != ""},
		{name: "--transport", used: p.Transport != results.Auto},
		{name: "--helper-image", used: p.Image != ""},
		{name: "--keep-helper", used: p.KeepHelper},
		{name: "--mark", used: p.Mark},
	} {
		if flag.used {
			return fmt.Errorf("%s and the source %s are mutually exclusive: fetch downloads from a bucket without the cluster", flag.name, stored)
		}
	}
	switch {
	case p.Dir == "":
		return fmt.Errorf("the source %s requires -d DIR", stored)
	case len(p.request.Paths) > 0:
		return fmt.Errorf("PATH %q and the source %s are mutually exclusive; use --include and --exclude to select files", p.request.Paths[0], stored)
	}
	return nil
}
