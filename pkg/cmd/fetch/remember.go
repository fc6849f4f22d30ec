package fetch

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/pathcache"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// noted is a Source that notes which paths it tells of, until it has told all of them once.
type noted struct {
	transfer.Source
	// whole is given what was asked for and the paths, those of folders with a slash behind.
	// It runs beside the fetch.
	whole func(asked, paths []string)
	// sends says that there is no list: paths come with the content.
	sends bool
	asked []string
	paths []string
	// bytes is how long they are together.
	bytes int
	done  chan struct{}
}

// List implements transfer.Source.
func (n *noted) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	listed, err := n.Source.List(ctx, paths)
	if errors.Is(err, transfer.ErrNoList) {
		n.sends = true
	}
	if err != nil || n.done != nil {
		return listed, err
	}
	n.begin(paths)
	return notedListing{listed, n}, nil
}

// Open implements transfer.Source.
func (n *noted) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	contents, err := n.Source.Open(ctx, wants)
	if err != nil || !n.sends || n.done != nil {
		return contents, err
	}
	var paths []string
	for _, want := range wants {
		paths = append(paths, want.Path)
	}
	n.begin(paths)
	return notedContents{contents, n}, nil
}

func (n *noted) begin(asked []string) { n.asked, n.paths, n.bytes = slices.Clone(asked), nil, 0 }

// note takes what Next has returned. A path is cloned: it may be a piece of something large.
func (n *noted) note(item transfer.Item, err error) {
	switch {
	case errors.Is(err, io.EOF) && n.done == nil:
		n.done = make(chan struct{})
		go func() {
			defer close(n.done)
			n.whole(n.asked, n.paths)
		}()
	case err != nil || item.Path == "." || len(n.paths) == pathcache.Most || n.bytes+len(item.Path) > pathcache.MostBytes:
	case item.Type == localtree.Directory:
		n.keep(item.Path + "/")
	default:
		n.keep(strings.Clone(item.Path))
	}
}

func (n *noted) keep(path string) {
	n.paths, n.bytes = append(n.paths, path), n.bytes+len(path)
}

// wait returns when whole has, if it was called.
func (n *noted) wait() {
	if n.done != nil {
		<-n.done
	}
}

type notedListing struct {
	transfer.Listing
	noted *noted
}

// Next implements transfer.Listing.
func (l notedListing) Next() (transfer.Item, error) {
	item, err := l.Listing.Next()
	l.noted.note(item, err)
	return item, err
}

type notedContents struct {
	transfer.Contents
	noted *noted
}

// Next implements transfer.Contents.
func (c notedContents) Next() (transfer.Item, error) {
	item, err := c.Contents.Next()
	c.noted.note(item, err)
	return item, err
}

// note returns source, so that what it tells of is kept for a shell that completes PATH. It
// is a comfort: where it fails, nobody is told.
func (o *Options) note(source transfer.Source, from *found) *noted {
	return &noted{Source: source, whole: func(asked, paths []string) {
		server, err := o.factory.Client.Server()
		if o.factory.CacheDir == "" || err != nil {
			return
		}
		key := pathcache.Key{Server: server, Namespace: o.namespace, Name: from.name}
		if o.claim != "" {
			key.Name = "pvc/" + o.claim
		}
		seen := pathcache.Seen{Source: string(from.claim.UID), Mount: from.Path, Base: o.base(from), Asked: asked, Paths: paths}
		if from.Varies {
			seen.Asked, seen.Paths = from.asTasksSee(asked), from.asTasksSee(paths)
		}
		_ = pathcache.Save(pathsFolder(o.factory.CacheDir), key, seen, o.factory.Clock.Now())
	}}
}

func pathsFolder(cache string) string { return filepath.Join(cache, "paths") }

// base is the folder that a relative PATH begins at, as the job saw it; "" where it has to
// be an absolute one.
func (o *Options) base(from *found) string {
	if o.claim != "" || from.job == nil {
		return from.Path
	}
	choice, err := claim.Choose(claim.MountsIn(from.job), from.job.Annotations[provenance.ResultsAnnotation], []string{"x"})
	if err != nil {
		return ""
	}
	return choice.Path
}

// asTasksSee returns those of paths that lie in the folder of a task, as that task saw them,
// each once: this is how the PATH of an array is written.
func (f *found) asTasksSee(paths []string) (inside []string) {
	folders := map[string]bool{}
	for n := range claim.Tasks(f.job) {
		if folder, known := f.TaskFolder(n); known {
			folders[folder] = true
		}
	}
	first, _ := f.TaskFolder(0)
	parts := strings.Count(first, "/") + 1
	for _, p := range paths {
		if p == "." {
			return []string{"."}
		}
		words := strings.SplitN(p, "/", parts+1)
		if len(words) > parts && words[parts] != "" && folders[strings.Join(words[:parts], "/")] {
			inside = append(inside, words[parts])
		}
	}
	slices.Sort(inside)
	return slices.Compact(inside)
}
