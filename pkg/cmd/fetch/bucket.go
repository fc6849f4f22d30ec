package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// used returns the name of a flag if the flag is used, else "".
func used(isUsed bool, flag string) string {
	if isUsed {
		return flag
	}
	return ""
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
	for _, flag := range []struct {
		name   string
		used   bool
		reason string
	}{
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
	flag := cmp.Or(
		used(p.Profile != "", "--profile"), used(p.Region != "", "--region"), used(p.EndpointURL != "", "--endpoint-url"),
		used(p.InClusterURL != "", "--in-cluster-endpoint-url"), used(p.PathStyle != nil, "--path-style"),
	)
	if flag != "" {
		return fmt.Errorf("%s requires --via=s3://BUCKET or --to=s3://BUCKET/PREFIX", flag)
	}
	return nil
}

// checkStored returns an error for flags that require a cluster if the source is a bucket.
func (p *parser) checkStored() error {
	stored := p.request.Stored
	if stored.Bucket == "" {
		return nil
	}
	flag := cmp.Or(
		used(p.Via != "", "--via"), used(p.To != "", "--to"), used(p.KeepObjects, "--keep-objects"),
		used(p.InClusterURL != "", "--in-cluster-endpoint-url"), used(p.Task != "", "--task"),
		used(p.Transport != results.Auto, "--transport"), used(p.Helper.Image != "", "--helper-image"), used(p.Helper.Keep, "--keep-helper"),
		used(p.Mark, "--mark"),
	)
	switch {
	case flag != "":
		return fmt.Errorf("%s and the source %s are mutually exclusive: fetch downloads from a bucket without the cluster", flag, stored)
	case p.Dir == "":
		return fmt.Errorf("the source %s requires -d DIR", stored)
	case len(p.request.Paths) > 0:
		return fmt.Errorf("PATH %q and the source %s are mutually exclusive; use --include and --exclude to select files", p.request.Paths[0], stored)
	}
	return nil
}
