package s3mirror_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// place is where the files of these tests go to.
var place = s3.Location{Bucket: s3test.Bucket, Prefix: "team/model"}

// part is the size of the parts of large files. It is more than what the agent keeps in memory of a file, and less than
// what a real store accepts, so that the tests are quick.
const part = 5 << 18

// results are files of all sizes, and what is no file.
func results(t *testing.T) (root string, tree filetree.Tree) {
	t.Helper()
	tree = filetree.Tree{
		"large": filetree.File(filetree.Noise(23<<18 + 5)), "exact": filetree.File(filetree.Noise(10 << 18)), "metrics.json": filetree.File("{}"),
		"d/run.csv": filetree.File("a,b\n").Perm("0600"), "d/empty": filetree.File(""), "d/link": filetree.Symlink("../large"),
		"d/again": filetree.Link("d/run.csv"), "e": filetree.Dir(), "ä b+c/%41?&=.txt": filetree.File("odd"),
	}
	root = t.TempDir()
	filetree.Write(t, root, tree)
	return root, tree
}

// request copies what is below root.
func request(t *testing.T, root string, store *s3.Store) s3mirror.Request {
	t.Helper()
	remote, err := agent.New(agenttest.Start(t, root, server.Options{}).Tunnel(t), "auto")
	if err != nil {
		t.Fatal(err)
	}
	r := s3mirror.Request{
		Request: transfer.Request{Source: remote, SourceID: "uid"}, Agent: remote, Store: store, At: place, ID: t.Name(),
		Part: part, Now: time.Now, Say: func(text string) { t.Log(text) },
	}
	r.SetBeat(20 * time.Millisecond)
	return r
}

// reporter is told of progress.
type reporter func(transfer.Progress)

func (r reporter) Report(p transfer.Progress) { r(p) }

// await waits for a channel to be closed, and fails the test where that does not happen.
func await(t *testing.T, closed <-chan struct{}) {
	t.Helper()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("the test waited for a minute in vain")
	}
}

// stored returns a channel that is closed when r has copied that many bytes.
func stored(r *s3mirror.Request, bytes int64) <-chan struct{} {
	done, once := make(chan struct{}), sync.Once{}
	r.Reporter = reporter(func(p transfer.Progress) {
		if p.Bytes >= bytes {
			once.Do(func() { close(done) })
		}
	})
	return done
}

func copied(t *testing.T, r s3mirror.Request) transfer.Result {
	t.Helper()
	result, err := s3mirror.Copy(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// read returns all objects of a store below here.
func read(t *testing.T, backend gofakes3.Backend) map[string]*gofakes3.Object {
	t.Helper()
	list, err := backend.ListBucket(s3test.Bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]*gofakes3.Object{}
	for _, item := range list.Contents {
		object, err := backend.GetObject(s3test.Bucket, item.Key, nil)
		if err != nil {
			t.Fatal(err)
		}
		objects[strings.TrimPrefix(item.Key, place.Prefix+"/")] = object
	}
	return objects
}

func text(t *testing.T, object *gofakes3.Object) string {
	t.Helper()
	if object == nil {
		return "nothing"
	}
	content, err := io.ReadAll(object.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func uploads(t *testing.T, store *s3.Store) (keys []string) {
	t.Helper()
	for upload, err := range store.Uploads(t.Context(), place.Bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, upload.Key)
	}
	return keys
}

// TestThereAndBack: each file is an object with all that belongs to it, the list of sums is
// right, and the tree comes back as it was.
func TestThereAndBack(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root, _ := results(t)
	result := copied(t, request(t, root, store))
	if !result.Whole() || !result.Verified || result.Files != 7 || result.Symlinks != 1 || result.PlanFiles != 7 || result.Digest == "" {
		t.Errorf("%+v", result)
	}
	objects := read(t, backend)
	names := slices.Sorted(maps.Keys(objects))
	if want := []string{"d/again", "d/empty", "d/run.csv", "exact", "kubectl-batch.index", "kubectl-batch.sha256", "large", "metrics.json", "ä b+c/%41?&=.txt"}; !slices.Equal(names, want) {
		t.Errorf("there are %q", names)
	}
	var sums strings.Builder
	for _, name := range names {
		if strings.HasPrefix(name, "kubectl-batch.") {
			continue
		}
		content := text(t, objects[name])
		want, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || content != string(want) {
			t.Errorf("%s is not what it was: %v", name, err)
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(want), name)
	}
	if got := text(t, objects["kubectl-batch.sha256"]); got != sums.String() {
		t.Errorf("the sums are\n%s", got)
	}
	meta := objects["d/run.csv"].Metadata
	if meta["X-Amz-Meta-Mtime"] != "1582230020" || meta["X-Amz-Meta-Mode"] != "0100600" || meta["Content-Type"] != "text/csv" {
		t.Errorf("the metadata are %q", meta)
	}
	if meta := objects["large"].Metadata; meta["X-Amz-Meta-Mtime"] != "1582230020" || meta["Content-Type"] != "application/octet-stream" {
		t.Errorf("the metadata of parts are %q", meta)
	}
	if remaining := uploads(t, store); remaining != nil {
		t.Errorf("uploads are left: %q", remaining)
	}
	dir := t.TempDir()
	back(t, store, dir)
	if got, want := filetree.Read(t, dir), filetree.Read(t, root); !maps.Equal(got, want) {
		t.Errorf("%v came back in place of %v", got, want)
	}
}

// TestTimes are written as rclone reads them, also those before 1970.
func TestTimes(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root := t.TempDir()
	times := map[string]time.Time{"-1.5": time.Unix(-2, 5e8), "-7": time.Unix(-7, 0), "0.25": time.Unix(0, 25e7), "1582230020": time.Unix(1582230020, 0)}
	for want, when := range times {
		filetree.Write(t, root, filetree.Tree{want: filetree.File(want)})
		if err := os.Chtimes(filepath.Join(root, want), when, when); err != nil {
			t.Fatal(err)
		}
	}
	copied(t, request(t, root, store))
	for want := range times {
		if got := read(t, backend)[want].Metadata["X-Amz-Meta-Mtime"]; got != want {
			t.Errorf("%s in place of %s", got, want)
		}
	}
	dir := t.TempDir()
	back(t, store, dir)
	if got, want := filetree.Read(t, dir), filetree.Read(t, root); !maps.Equal(got, want) {
		t.Errorf("%v came back in place of %v", got, want)
	}
}

func back(t *testing.T, store *s3.Store, dir string) {
	t.Helper()
	stored, err := s3mirror.Open(t.Context(), store, place, nil)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Fetch(t, transfer.Request{Source: stored, SourceID: "x", Dir: dir}, "")
}

// counter counts what a store is asked for.
type counter struct {
	mu    sync.Mutex
	puts  []string
	bytes int64
	got   int64
}

func (c *counter) door(_ http.ResponseWriter, r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method == http.MethodPut && !strings.Contains(r.URL.Path, "/kubectl-batch.") {
		c.puts = append(c.puts, strings.TrimPrefix(r.URL.Path, "/results/team/model/"))
		c.bytes += r.ContentLength
	}
	var start, end int64
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &start, &end); n == 2 {
		c.got += end - start + 1
	}
	return false
}

// TestOnlyWhatChanged is sent by a second copy, and nothing at all where nothing did.
func TestOnlyWhatChanged(t *testing.T) {
	slowtest.Skip(t)
	count := &counter{}
	store, backend := s3test.Start(t, count.door)
	root, _ := results(t)
	r := request(t, root, store)
	copied(t, r)
	original := text(t, read(t, backend)["kubectl-batch.index"])
	count.puts = nil
	if result := copied(t, r); result.Kept != 8 || result.PlanFiles != 0 || len(count.puts) > 0 || text(t, read(t, backend)["kubectl-batch.index"]) != original {
		t.Errorf("%q were sent again: %+v", count.puts, result)
	}
	r.Checksum = true
	if result := copied(t, r); result.Kept != 8 || len(count.puts) > 0 {
		t.Errorf("%q were sent again: %+v", count.puts, result)
	}
	filetree.Write(t, root, filetree.Tree{"metrics.json": filetree.File("[]"), "new": filetree.File("new")})
	if err := os.Remove(filepath.Join(root, "exact")); err != nil {
		t.Fatal(err)
	}
	r.Checksum = false
	copied(t, r)
	slices.Sort(count.puts)
	if want := []string{"metrics.json", "new"}; !slices.Equal(count.puts, want) {
		t.Errorf("%q were sent", count.puts)
	}
	if objects := read(t, backend); text(t, objects["metrics.json"]) != "[]" || objects["exact"] == nil {
		t.Error("it is not what it is now, or what is no more at the source went")
	}
	if _, err := backend.DeleteObject(s3test.Bucket, place.Key("new")); err != nil {
		t.Fatal(err)
	}
	count.puts = nil
	copied(t, r)
	if !slices.Equal(count.puts, []string{"new"}) {
		t.Errorf("%q were sent", count.puts)
	}
}

// TestOthersObjects are not overwritten without --force: somebody else's, another tree's, and ours that
// somebody changed.
func TestOthersObjects(t *testing.T) {
	slowtest.Skip(t)
	store, backend := s3test.Start(t, nil)
	root, _ := results(t)
	put := func(name string) {
		t.Helper()
		if err := store.Put(t.Context(), place.Bucket, place.Key(name), []byte("mine")); err != nil {
			t.Fatal(err)
		}
	}
	put("d/run.csv")
	r := request(t, root, store)
	refused := func(names ...string) {
		t.Helper()
		result, err := s3mirror.Copy(t.Context(), r)
		var got []string
		for _, refusal := range result.Refused {
			got = append(got, refusal.Path)
		}
		if _, ok := errors.AsType[*transfer.RefusedError](err); !ok || !slices.Equal(got, names) {
			t.Errorf("refused were %q, not %q: %v", got, names, err)
		}
	}
	refused("d/run.csv")
	if objects := read(t, backend); text(t, objects["d/run.csv"]) != "mine" || objects["large"] == nil {
		t.Error("somebody's object was overwritten, or the others did not come")
	}
	put("metrics.json")
	refused("d/run.csv", "metrics.json")
	r.SourceID = "another"
	refused("d/again", "d/empty", "d/run.csv", "exact", "large", "metrics.json", "ä b+c/%41?&=.txt")
	r.Force = true
	copied(t, r)
	if text(t, read(t, backend)["d/run.csv"]) != "a,b\n" {
		t.Error("--force did not overwrite it")
	}
}

// TestGoesOn: a new process sends of a large file the parts that are missing, and of the others
// those that are not there.
// TestKilled: what was killed leaves uploads that the next copy finds and removes, also one that
// no index knows.
// TestSweep removes the parts of a copy that is dead: known to be, or not heard of for long.
// TestStays: who cannot remove the parts of what was broken off says so.
// TestCtrlC leaves no upload and no lock, and what has come is not sent again.
