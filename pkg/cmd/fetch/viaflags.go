package fetch

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
)

// directly stands for no bucket, where the variable names one.
const directly = "none"

func (o *Flags) addBucket(flags *pflag.FlagSet) {
	flags.StringVar(&o.Via, "via", "", "Have the files pass through this place in a bucket and not through the API server: s3://BUCKET[/PREFIX], or none (default: $"+factory.ViaVariable+")")
	flags.StringVar(&o.To, "to", "", "Put the files into a bucket and not here, one object each: s3://BUCKET/PREFIX")
	flags.BoolVar(&o.KeepObjects, "keep-objects", false, "Leave what passed through the bucket there")
	flags.StringVar(&o.Profile, "profile", "", "Profile of the AWS CLI's files (default: $AWS_PROFILE)")
	flags.StringVar(&o.Region, "region", "", "Region of the bucket (default: as the AWS CLI has it)")
	flags.StringVar(&o.EndpointURL, "endpoint-url", "", "URL of the store (default: as the AWS CLI has it)")
	flags.StringVar(&o.InClusterURL, "in-cluster-endpoint-url", "", "URL of the store as pods reach it (default: the same)")
	flags.Var(choice{&o.PathStyle}, "path-style", "Write the bucket behind the host's name; --path-style=false before it (default: behind it with every endpoint but AWS's own)")
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
		return errors.New("true or false is expected")
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
	location, err := bucket.ParseLocation(via)
	if err != nil {
		return exit.Usagef("%s: %w", name, err)
	}
	if o.Transport == "tar" {
		return exit.Usagef("--transport=tar sends through the API server, and --via=%s does not: leave one of the two out", via)
	}
	e.Via, e.ViaFrom, e.KeepObjects = location, name, o.KeepObjects
	return o.storeOptions(e)
}

// parseTo reads where in a bucket the files end.
func (o *Flags) parseTo(e *Engine) (err error) {
	if e.To, err = bucket.ParseLocation(o.To); err != nil {
		return exit.Usagef("--to: %w", err)
	}
	return errors.Join(o.checkTo(), o.storeOptions(e))
}

// storeOptions reads how the store is reached.
func (o *Flags) storeOptions(e *Engine) error {
	e.Store = bucket.Options{Profile: o.Profile, Region: o.Region, Endpoint: o.EndpointURL, InCluster: o.InClusterURL, PathStyle: o.PathStyle}
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
		if flag.set {
			return fmt.Errorf("%s is about a bucket: it goes with --via=s3://BUCKET or --to=s3://BUCKET/PREFIX", flag.name)
		}
	}
	return nil
}
