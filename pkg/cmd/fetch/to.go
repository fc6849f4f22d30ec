package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// checkTo refuses what has no meaning where nothing is written here.
func (o *Flags) checkTo() error {
	for _, flag := range []struct {
		name string
		set  bool
		why  string
	}{
		{"-d", o.Dir != "", "no files are written to the local machine"},
		{"--via", o.Via != "" && o.Via != directly, "the files are stored in the bucket"},
		{"--keep-objects", o.KeepObjects, "the objects are the result"},
		{"--manifest", o.Manifest != "", "the list of SHA-256 sums is stored in the bucket"},
		{"--compress", o.Compress != auto, "the files are stored uncompressed"},
		{"--limit-rate", o.LimitRate != "", "the files do not pass through the local machine"},
		{"--transport=tar", o.Transport == "tar", "only the agent can upload files to a bucket"},
	} {
		if flag.set {
			return exit.Usagef("%s and --to=%s are mutually exclusive: %s", flag.name, o.To, flag.why)
		}
	}
	return nil
}

// throughBucket is what has files go to a bucket; empty where nothing has.
func (o *Options) throughBucket() string {
	switch {
	case o.engine.To.Bucket != "":
		return "--to=" + o.engine.To.String()
	case o.via != nil:
		return o.engine.ViaFrom + "=" + o.engine.Via.String()
	}
	return ""
}

// orDirectly offers the way without a bucket, where one was not asked for by this command.
func (o *Options) orDirectly() string {
	if o.via != nil && strings.HasPrefix(o.engine.ViaFrom, "$") {
		return "; to transfer through the API server, use --via=" + directly
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
	begun, stays := false, false
	result, err := s3mirror.Copy(ctx, s3mirror.Request{
		Request: req, Agent: place, Store: o.store, At: to, ID: id.id, Now: o.factory.Clock.Now, Say: o.factory.Say,
		Begun: func() {
			begun = true
			o.markTo(ctx, place.from, &claim.Via{
				Bucket: to.Bucket, Prefix: to.Prefix, Endpoint: o.store.Endpoint(), Region: o.store.Region(), Since: o.factory.ServerClock().Now(), Ends: true,
			})
		},
		Stays: func() { stays = true },
	})
	if begun && !stays {
		o.markTo(ctx, place.from, nil)
	}
	return result, err
}

// toMark names the annotation that tells of parts on their way to the place: the same for every fetch to it.
func (o *Options) toMark() string {
	if o.engine.To.Bucket == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(o.engine.To.String() + "\n" + o.store.Endpoint()))
	return "to-" + hex.EncodeToString(sum[:8])
}

// markTo writes onto the claim that parts of files may be in the bucket, for who deletes it, or takes it back.
func (o *Options) markTo(ctx context.Context, from *found, via *claim.Via) {
	ctx, cancel := transfer.Outlast(ctx, transfer.Grace, marking)
	defer cancel()
	if err := claim.MarkVia(ctx, o.client, from.claim, o.toMark(), via); err != nil {
		o.factory.Say(fmt.Sprintf("Note: the upload to %s could not be recorded on claim %s: %v", o.engine.To, from.claim.Name, err))
	}
}

// name says how files come, in a word.
func (p *place) name() string {
	if p.options.engine.To.Bucket != "" {
		return "s3"
	}
	return p.came().Transport
}

// Put implements s3mirror.Agent.
func (p *place) Put(ctx context.Context, request wire.PutRequest, each func(wire.PutResult)) error {
	if _, err := p.reach(ctx); err != nil {
		return err
	}
	p.mu.Lock()
	way := p.way
	p.mu.Unlock()
	if way == nil || way.agent == nil {
		return &transfer.LostError{Cause: errors.New("the connection to the agent was lost")}
	}
	return way.agent.Put(ctx, request, each)
}
