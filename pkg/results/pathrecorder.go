package results

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/pathcache"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// pathRecorder is a Source that records the listed paths, until it has recorded one complete list.
type pathRecorder struct {
	transfer.Source
	// save receives the requested and the listed paths; those of directories end in a slash. It runs during the fetch.
	save func(asked, paths []string)
	// noList means that the source has no list: paths arrive with the content.
	noList bool
	asked  []string
	paths  []string
	// bytes is the length of all paths.
	bytes int
	saved chan struct{}
}

// List implements transfer.Source.
func (r *pathRecorder) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	listing, err := r.Source.List(ctx, paths)
	if errors.Is(err, transfer.ErrNoList) {
		r.noList = true
	}
	if err != nil || r.saved != nil {
		return listing, err
	}
	r.reset(paths)
	return recordedListing{listing, r}, nil
}

// Open implements transfer.Source.
func (r *pathRecorder) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	contents, err := r.Source.Open(ctx, wants)
	if err != nil || !r.noList || r.saved != nil {
		return contents, err
	}
	var paths []string
	for _, want := range wants {
		paths = append(paths, want.Path)
	}
	r.reset(paths)
	return recordedContents{contents, r}, nil
}

func (r *pathRecorder) reset(asked []string) {
	r.asked = slices.Clone(asked)
	r.paths, r.bytes = nil, 0
}

// record adds what Next has returned. A path is cloned: it may be a part of a large buffer.
func (r *pathRecorder) record(item transfer.Item, err error) {
	switch {
	case errors.Is(err, io.EOF) && r.saved == nil:
		r.saved = make(chan struct{})
		go func() {
			defer close(r.saved)
			r.save(r.asked, r.paths)
		}()
	case err != nil || item.Path == "." || len(r.paths) == pathcache.Most || r.bytes+len(item.Path) > pathcache.MostBytes:
	case item.Type == localtree.Directory:
		r.add(item.Path + "/")
	default:
		r.add(strings.Clone(item.Path))
	}
}

func (r *pathRecorder) add(path string) {
	r.paths, r.bytes = append(r.paths, path), r.bytes+len(path)
}

// wait waits until the paths are saved, if a list was complete.
func (r *pathRecorder) wait() {
	if r.saved != nil {
		<-r.saved
	}
}

type recordedListing struct {
	transfer.Listing
	recorder *pathRecorder
}

// Next implements transfer.Listing.
func (l recordedListing) Next() (transfer.Item, error) {
	item, err := l.Listing.Next()
	l.recorder.record(item, err)
	return item, err
}

type recordedContents struct {
	transfer.Contents
	recorder *pathRecorder
}

// Next implements transfer.Contents.
func (c recordedContents) Next() (transfer.Item, error) {
	item, err := c.Contents.Next()
	c.recorder.record(item, err)
	return item, err
}

// recordPaths returns source, and keeps the paths that it lists for the completion of PATH. Errors are ignored: only
// completion depends on it.
func recordPaths(source transfer.Source, config *Config, request *Request, location *resultsLocation) *pathRecorder {
	return &pathRecorder{Source: source, save: func(asked, paths []string) {
		server, err := config.Server()
		if config.CacheDir == "" || err != nil {
			return
		}
		key := pathcache.Key{Server: server, Namespace: location.namespace, Name: location.name}
		if request.Claim != "" {
			key.Name = "pvc/" + request.Claim
		}
		base := location.relativeBase(request.Claim != "")
		seen := pathcache.Seen{Source: string(location.claim.UID), Mount: location.Path, Base: base, Asked: asked, Paths: paths}
		if location.Varies {
			seen.Asked, seen.Paths = location.pathsInTasks(asked), location.pathsInTasks(paths)
		}
		_ = pathcache.Save(PathCache(config.CacheDir), key, seen, config.Clock.Now())
	}}
}

// relativeBase returns the directory, as the job saw it, at which a relative PATH begins; "" if PATH must be absolute.
func (l *resultsLocation) relativeBase(claimRequested bool) string {
	if claimRequested || l.job == nil {
		return l.Path
	}
	choice, err := claim.Choose(claim.MountsIn(l.job), l.job.Annotations[provenance.ResultsAnnotation], []string{"x"})
	if err != nil {
		return ""
	}
	return choice.Path
}

// pathsInTasks returns the paths below the directories of tasks, as the tasks saw them, without duplicates: this is how a
// user writes a PATH of an array job.
func (l *resultsLocation) pathsInTasks(paths []string) []string {
	directories := map[string]bool{}
	for n := range claim.Tasks(l.job) {
		if folder, known := l.TaskFolder(n); known {
			directories[folder] = true
		}
	}
	first, _ := l.TaskFolder(0)
	depth := strings.Count(first, "/") + 1
	var inside []string
	for _, p := range paths {
		if p == "." {
			return []string{"."}
		}
		words := strings.SplitN(p, "/", depth+1)
		if len(words) > depth && words[depth] != "" && directories[strings.Join(words[:depth], "/")] {
			inside = append(inside, words[depth])
		}
	}
	slices.Sort(inside)
	return slices.Compact(inside)
}
