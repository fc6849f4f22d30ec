package fetch

import (
	"context"
	"errors"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/objects"
)

// checkTo refuses what has no meaning where nothing is written here.
func (o *Flags) checkTo() error {
	for _, flag := range []struct {
		name string
		set  bool
		why  string
	}{
		{"-d", o.Dir != "", "nothing is written here"},
		{"--via", o.Via != "" && o.Via != directly, "the files end in the bucket"},
		{"--keep-objects", o.KeepObjects, "the objects are what is asked for"},
		{"--manifest", o.Manifest != "", "the list of sums lies beside the objects"},
		{"--compress", o.Compress != auto, "objects are the files as they are"},
		{"--limit-rate", o.LimitRate != "", "what is limited is what passes this machine, and nothing does"},
		{"--transport=tar", o.Transport == "tar", "only the agent can put files into a bucket"},
	} {
		if flag.set {
			return exit.Usagef("%s does not go with --to=%s: %s", flag.name, o.To, flag.why)
		}
	}
	return nil
}

// throughBucket is the flag that has files go to a bucket; empty where none has.
func (o *Options) throughBucket() string {
	switch {
	case o.engine.To.Bucket != "":
		return "--to=" + o.engine.To.String()
	case o.via != nil:
		return "--via=" + o.engine.Via.String()
	}
	return ""
}

// move has the engine bring the files here, or copies them into the bucket.
func (o *Options) move(ctx context.Context, place *place, req transfer.Request) (transfer.Result, error) {
	if o.engine.To.Bucket == "" {
		return transfer.Fetch(ctx, req)
	}
	to := o.engine.To
	id, err := o.newFetchID(strings.Join([]string{"to", to.String(), o.store.Endpoint()}, "\n"))
	if err != nil {
		return transfer.Result{}, err
	}
	defer id.forget()
	return objects.Copy(ctx, objects.Request{
		Request: req, Agent: place, Store: o.store, At: to, ID: id.id, Now: o.factory.Clock.Now, Say: o.factory.Say,
	})
}

// name says how files come, in a word.
func (p *place) name() string {
	if p.options.engine.To.Bucket != "" {
		return "s3"
	}
	return p.came().Transport
}

// Put implements objects.Agent.
func (p *place) Put(ctx context.Context, request wire.PutRequest, each func(wire.PutResult)) error {
	if _, err := p.reach(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	way := p.way
	p.mu.Unlock()
	if way == nil || way.agent == nil {
		return &transfer.LostError{Cause: errors.New("the way to the agent was lost")}
	}
	return way.agent.Put(ctx, request, each)
}
