package fetch

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// directly stands for no bucket, where the variable names one.
const directly = "none"

func (o *Flags) addBucket(flags *pflag.FlagSet) {
	flags.StringVar(&o.Via, "via", "", "Transfer through `s3://BUCKET[/PREFIX]` instead of the API server, or none (default: $"+factory.ViaVariable+")")
	flags.StringVar(&o.To, "to", "", "Store the files in `s3://BUCKET/PREFIX` instead of --dir, one object per file")
	flags.BoolVar(&o.KeepObjects, "keep-objects", false, "Keep the objects that --via wrote to the bucket")
	flags.StringVar(&o.Profile, "profile", "", "Profile in the configuration of the AWS CLI (default: $AWS_PROFILE)")
	flags.StringVar(&o.Region, "region", "", "Region of the bucket (default: the AWS CLI's setting)")
	flags.StringVar(&o.EndpointURL, "endpoint-url", "", "URL of the S3 store (default: the AWS CLI's setting)")
	flags.StringVar(&o.InClusterURL, "in-cluster-endpoint-url", "", "URL of the S3 store for pods (default: the same URL)")
	flags.Var(choice{&o.PathStyle}, "path-style", "Put the bucket name into the URL path, not the host name (default: the AWS CLI's setting, else false for AWS and true for other stores)")
	flags.Lookup("path-style").NoOptDefVal = "true"
}

// choice is a flag that is true, false or left out.
type choice struct{ to **bool }

// String returns what was typed.
func (c choice) String() string {
	if c.to == nil || *c.to == nil {
		return ""
	}
	return strconv.FormatBool(**c.to)
}

// Set reads true or false.
func (c choice) Set(text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("must be true or false")
	}
	*c.to = &value
	return nil
}

// Type is how help calls it.
func (choice) Type() string { return "bool" }

// parseVia reads the flags of the bucket. Where no bucket is meant, they have no business here.
func (o *Flags) parseVia(e *Engine) error {
	if o.stored {
		return o.storeOptions(e)
	}
	if o.To != "" {
		return o.parseTo(e)
	}
	via, name := o.Via, "--via"
	if via == "" && o.Transport != "tar" { // who types that means this time
		via, name = o.viaDefault, "$"+factory.ViaVariable
	}
	if via == "" || via == directly {
		return o.noVia()
	}
	location, err := s3.ParseLocation(via)
	if err != nil {
		return exit.Usagef("%s: %w", name, err)
	}
	if o.Transport == "tar" {
		return exit.Usagef("--transport=tar and --via=%s are mutually exclusive: tar transfers through the API server", via)
	}
	e.Via, e.ViaFrom, e.KeepObjects = location, name, o.KeepObjects
	return o.storeOptions(e)
}

// parseTo reads where in a bucket the files end.
func (o *Flags) parseTo(e *Engine) (err error) {
	if e.To, err = s3.ParseLocation(o.To); err != nil {
		return exit.Usagef("--to: %w", err)
	}
	return errors.Join(o.checkTo(), o.storeOptions(e))
}

// storeOptions reads how the store is reached.
func (o *Flags) storeOptions(e *Engine) error {
	e.Store = s3.Options{Profile: o.Profile, Region: o.Region, Endpoint: o.EndpointURL, InCluster: o.InClusterURL, PathStyle: o.PathStyle}
	return e.Store.Check()
}

// noVia refuses flags that say nothing without a bucket.
func (o *Flags) noVia() error {
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--keep-objects", o.KeepObjects},
		{"--profile", o.Profile != ""},
		{"--region", o.Region != ""},
		{"--endpoint-url", o.EndpointURL != ""},
		{"--in-cluster-endpoint-url", o.InClusterURL != ""},
		{"--path-style", o.PathStyle != nil},
	} {
		if flag.set && flag.name == "--keep-objects" {
			return fmt.Errorf("%s requires --via=s3://BUCKET", flag.name)
		}
		if flag.set {
			return fmt.Errorf("%s requires --via=s3://BUCKET or --to=s3://BUCKET/PREFIX", flag.name)
		}
	}
	return nil
}
