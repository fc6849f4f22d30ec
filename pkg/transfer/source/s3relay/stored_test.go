package s3relay_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

func TestStored(t *testing.T) {
	lost := sync.Once{}
	store, backend := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		broken := false
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/piece-0-") && r.Header.Get("X-Test") == "" {
			lost.Do(func() { broken = s3test.Answer(w, http.StatusNotFound, "NoSuchKey") })
		}
		return broken
	})
	root, tree := results(t)
	packer := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 4 << 20, Keep: true})
	sourcetest.Fetch(t, transfer.Request{Source: packer, SourceID: "x", Dir: t.TempDir()}, "")
	stored := s3relay.NewStored(s3relay.Options{Store: store, At: place, Chunk: 4 << 20, Now: time.Now})
	dir := t.TempDir()
	sourcetest.Fetch(t, transfer.Request{Source: stored, SourceID: "x", Dir: dir}, "")
	equalTrees(t, tree, dir)
	for _, key := range keys(t, backend) {
		if strings.HasPrefix(key, "files-") {
			if _, err := backend.DeleteObject("results", place.Prefix+"/"+key); err != nil {
				t.Fatal(err)
			}
		}
	}
	stored = s3relay.NewStored(s3relay.Options{Store: store, At: place, Chunk: 4 << 20, Now: time.Now})
	result, err := transfer.Fetch(t.Context(), transfer.Request{Source: stored, SourceID: "x", Dir: t.TempDir()})
	if refused, ok := errors.AsType[*transfer.RefusedError](err); !ok || len(refused.Refused) != 2 || result.Files != 2 {
		t.Errorf("%v, %d files", err, result.Files)
	}
}

func TestStoredAsWanted(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{
		"d/model.pt": filetree.File("m"), "d/latest": filetree.Symlink("/results/d/model.pt"), "tmp/x": filetree.File("x"), "tmp/y": filetree.Symlink("x"),
	})
	filter, err := gitignore.ParseFilter(nil, []string{"tmp/"})
	if err != nil {
		t.Fatal(err)
	}
	packer := source(t, root, s3relay.Options{Store: store, At: place, Keep: true, Layout: sourcetest.Layout(), Wanted: filter.Takes})
	sourcetest.Fetch(t, transfer.Request{Source: packer, SourceID: "x", Dir: t.TempDir(), Layout: sourcetest.Layout(), Filter: filter}, "")
	stored := s3relay.NewStored(s3relay.Options{Store: store, At: place, Now: time.Now})
	dir := t.TempDir()
	sourcetest.Fetch(t, transfer.Request{Source: stored, SourceID: "x", Dir: dir}, "")
	got := filetree.Read(t, dir)
	if _, excluded := got["tmp/x"]; excluded || got["d/latest"] != filetree.Symlink("model.pt") {
		t.Errorf("%v came", got)
	}
}

func TestStoredSecondName(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"big": filetree.File("b"), "h": filetree.Link("big"), "other": filetree.File("o")})
	packer := source(t, root, s3relay.Options{Store: store, At: place, Keep: true})
	sourcetest.Fetch(t, transfer.Request{Source: packer, SourceID: "x", Dir: t.TempDir()}, "")
	refusals := 0
	for _, out := range []string{"h", "big"} { // one of them is the first that the list has
		filter, err := gitignore.ParseFilter(nil, []string{out})
		if err != nil {
			t.Fatal(err)
		}
		stored := s3relay.NewStored(s3relay.Options{Store: store, At: place, Now: time.Now, Wanted: filter.Takes})
		result, err := transfer.Fetch(t.Context(), transfer.Request{Source: stored, SourceID: "x", Dir: t.TempDir(), Filter: filter})
		if refused, ok := errors.AsType[*transfer.RefusedError](err); ok && len(refused.Refused) == 1 && result.Files == 1 {
			refusals++
		} else if err != nil || result.Files != 2 {
			t.Errorf("without %s: %v, %d files", out, err, result.Files)
		}
	}
	if refusals != 1 {
		t.Errorf("%d of two names are refused", refusals)
	}
}
