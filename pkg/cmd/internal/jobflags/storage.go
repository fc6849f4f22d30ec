package jobflags

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// storageFlags describe volumes.
type storageFlags struct {
	Results, Path string
	Class, Access string
	Shared, Reuse bool
	Overwrite     bool
	PVC, Scratch  []string
	FSGroup       string
}

func (o *storageFlags) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&o.Results, "results", "", "Keep the results on a claim: `SIZE`, such as 10Gi, creates claim NAME-results; pvc/NAME[/SUBPATH] is an existing claim")
	flags.StringVar(&o.Path, "results-path", "", "Directory in the container where the results claim is mounted (default: "+claim.ResultsPath+", or that of the original job)")
	flags.BoolVar(&o.Shared, "results-shared", false, "Share one results directory between all tasks of an array (default: one directory per task, named by its index)")
	flags.BoolVar(&o.Reuse, "reuse-results", false, "Write to the existing results claim, even if it is smaller than --results; in rerun, write to the claim of JOB")
	flags.BoolVar(&o.Overwrite, "overwrite-unfetched", false, "Write to a results claim even if its results were not fetched; they can be lost")
	flags.StringVar(&o.Class, "storage-class", "", "StorageClass of the new claim (default: that of the cluster)")
	flags.StringVar(&o.Access, "access-mode", "", "Access mode of the new claim: RWO (one node, the default), RWX (many nodes) or RWOP (one pod)")
	flags.StringArrayVar(&o.PVC, "pvc", nil, "Existing claim to mount, as `NAME[/SUBPATH][:/path[:ro]]`; the default path is /NAME (repeatable)")
	flags.StringArrayVar(&o.Scratch, "scratch", nil, "Empty directory on the node, deleted with the pod, as `SIZE[:/path]`; the default path is /scratch (repeatable)")
	flags.StringVar(&o.FSGroup, "fs-group", "", "Group ID that can write to the volumes of the pod, or none (default: a group is set for a results claim created by run)")
}

func (o *storageFlags) parse(p *parser) error {
	for _, parse := range []func(*parser) error{o.parseGroup, o.parseResults, o.parseMounts, o.parseScratch} {
		if err := parse(p); err != nil {
			return err
		}
	}
	return nil
}

func (o *storageFlags) parseGroup(p *parser) error {
	switch o.FSGroup {
	case "":
		return nil
	case "none":
		p.job.Results.SetGroup = true
		return nil
	}
	group, err := spec.ParseUser(o.FSGroup)
	if err != nil || group.GID != nil {
		return fmt.Errorf("invalid value %q for --fs-group: must be a group ID, or none", o.FSGroup)
	}
	p.job.Results.Group = &group.UID
	p.job.Results.SetGroup = true
	return nil
}

func (o *storageFlags) parseResults(p *parser) error {
	results := &p.job.Results
	if o.Path != "" {
		var err error
		if results.Path, err = parseMountPath("--results-path", o.Path, o.Path); err != nil {
			return err
		}
	}
	results.Shared = o.Shared
	results.Reuse = o.Reuse
	results.Overwrite = o.Overwrite
	kind, name, existing := strings.Cut(o.Results, "/")
	switch {
	case o.Results == "":
		return o.checkWithoutResults(p.job.Base)
	case !existing:
		return o.parseSize(p)
	case kind != "pvc" && kind != "persistentvolumeclaim":
		return fmt.Errorf("invalid value %q for --results: must be a size such as 10Gi, or pvc/NAME[/SUBPATH]", o.Results)
	case o.Class != "" || o.Access != "":
		return fmt.Errorf("--storage-class and --access-mode require --results=SIZE: --results=%s is an existing claim", o.Results)
	}
	mount, err := claim.ParseMount(name + ":" + cmp.Or(results.Path, claim.ResultsPath))
	if err != nil {
		return fmt.Errorf("invalid value %q for --results: %w", o.Results, err)
	}
	results.Existing = &mount
	p.job.References.Add(submit.Reference{Source: "--results", Kind: submit.ClaimKind, Name: mount.Claim, Text: "pvc/" + mount.Claim})
	return labelvalue.CheckObjectName("--results", o.Results, mount.Claim)
}

// checkWithoutResults returns an error for flags that require --results.
func (o *storageFlags) checkWithoutResults(base submit.Base) error {
	for _, flag := range []struct {
		name  string
		typed bool
	}{
		{"--results-path", o.Path != ""},
		{"--results-shared", o.Shared},
		{"--reuse-results", o.Reuse},
		{"--overwrite-unfetched", o.Overwrite},
	} {
		if flag.typed && base.IsNewJob() {
			return errors.New(flag.name + " requires --results")
		}
	}
	switch {
	case o.Overwrite && base.Repeat != "" && !o.Reuse:
		return errors.New("--overwrite-unfetched requires --reuse-results: by default rerun creates a new claim")
	case o.Class != "":
		return errors.New("--storage-class requires --results=SIZE")
	case o.Access != "":
		return errors.New("--access-mode requires --results=SIZE")
	}
	return nil
}

func (o *storageFlags) parseSize(p *parser) error {
	size, err := quantity.Bytes("--results", o.Results)
	if err != nil {
		return err
	}
	access, err := claim.ParseAccess(o.Access)
	if err != nil {
		return fmt.Errorf("invalid value %q for --access-mode: %w", o.Access, err)
	}
	p.job.Results.ExactAccess = o.Access != ""
	p.job.Results.Create = &claim.Spec{Size: size, Class: o.Class, Access: access}
	if o.Class == "" {
		return nil
	}
	return p.addReference("--storage-class", submit.StorageClassKind, o.Class)
}

func (o *storageFlags) parseMounts(p *parser) error {
	storage := &p.job.Spec.Storage
	for _, text := range o.PVC {
		mount, err := claim.ParseMount(text)
		if err != nil {
			return fmt.Errorf("invalid value %q for --pvc: %w", text, err)
		}
		storage.Mounts = append(storage.Mounts, spec.Mount{Mount: mount})
		if err := p.addReference("--pvc", submit.ClaimKind, mount.Claim); err != nil {
			return err
		}
	}
	return nil
}

func (o *storageFlags) parseScratch(p *parser) error {
	storage := &p.job.Spec.Storage
	for _, text := range o.Scratch {
		amount, path, hasPath := strings.Cut(text, ":")
		if !hasPath {
			path = "/scratch"
		}
		size, err := quantity.Bytes("--scratch", amount)
		if err != nil {
			return err
		}
		if path, err = parseMountPath("--scratch", text, path); err != nil {
			return err
		}
		storage.Scratch = append(storage.Scratch, spec.Scratch{Size: size, Path: path})
	}
	return nil
}
