package transfer_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

const exists = "already exists locally, and was not written by fetch or was changed since; use --force to overwrite it"

// TestOthersFilesAreNot: what a fetch from the same source did not write stays.
func TestOthersFilesAreNot(t *testing.T) {
	tests := map[string]func(t *testing.T, req *transfer.Request){
		"changed since": func(t *testing.T, req *transfer.Request) {
			t.Helper()
			filetree.Write(t, req.Dir, filetree.Tree{"a": filetree.File("mine")})
		},
		"same size, other time": func(t *testing.T, req *transfer.Request) {
			t.Helper()
			filetree.Write(t, req.Dir, filetree.Tree{"a": node(3, 7)})
		},
		"from another source": func(_ *testing.T, req *transfer.Request) { req.SourceID = "other" },
		"no receipts kept":    func(_ *testing.T, req *transfer.Request) { req.Receipts = "" },
		"receipt damaged": func(t *testing.T, req *transfer.Request) {
			t.Helper()
			if err := os.Truncate(receiptOf(t, *req), 30); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			src := sends(file("a", 3, 1))
			req := requestOf(t, src)
			sourcetest.Fetch(t, req, "")
			src.listings = []listing{{items: []transfer.Item{file("a", 5, 2), file("new", 1, 1)}}}
			change(t, &req)
			original := filetree.Read(t, req.Dir)["a"]

			result := sourcetest.Fetch(t, req, `could not copy "a": already exists locally`)
			compare(t, filetree.Tree{"a": original, "new": node(1, 1)}, filetree.Read(t, req.Dir))
			compare(t, []transfer.Refusal{{Path: "a", Reason: exists}}, result.Refused)
			if result.Whole() || !result.Complete {
				t.Errorf("counted %+v", result)
			}
			req.Force = true
			if result = sourcetest.Fetch(t, req, ""); !result.Whole() {
				t.Errorf("counted %+v", result)
			}
			compare(t, filetree.Tree{"a": node(5, 2), "new": node(1, 1)}, filetree.Read(t, req.Dir))
		})
	}
}

func receiptOf(t *testing.T, req transfer.Request) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(req.Receipts, "*.receipt"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	return names[0]
}

// TestReceiptOfAKilledProcess ends in the middle of a record.
func TestReceiptOfAKilledProcess(t *testing.T) {
	src := sends(file("a", 3, 1), file("b", 3, 1), file("c", 3, 1))
	req := requestOf(t, src)
	sourcetest.Fetch(t, req, "")
	info, err := os.Stat(receiptOf(t, req))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(receiptOf(t, req), info.Size()-30); err != nil {
		t.Fatal(err)
	}
	src.listings = []listing{{items: []transfer.Item{file("a", 4, 2)}}}
	sourcetest.Fetch(t, req, "")
	src.listings = []listing{{items: []transfer.Item{file("a", 5, 3)}}}
	sourcetest.Fetch(t, req, "")
	compare(t, node(5, 3), filetree.Read(t, req.Dir)["a"])
}

// TestReceiptStaysSmall: a file that changes for ever does not fill the cache.
func TestReceiptStaysSmall(t *testing.T) {
	src := sends()
	req := requestOf(t, src)
	for i := range int64(50) {
		src.listings = []listing{{items: []transfer.Item{file("a", 1+i, i), file("b", 3, 1)}}}
		sourcetest.Fetch(t, req, "")
	}
	info, err := os.Stat(receiptOf(t, req))
	if err != nil || info.Size() > 1000 {
		t.Errorf("%v bytes, %v", info.Size(), err)
	}
}

func TestSameFilesAreKept(t *testing.T) {
	src := sends(file("a", 3, 1), symlink("s", "a"))
	src.sum = "xxx"
	req := requestOf(t, src)
	local := filetree.Tree{"a": node(3, 1), "s": filetree.Symlink("a")}
	filetree.Write(t, mkdir(t, req.Dir), local)
	compare(t, 2, sourcetest.Fetch(t, req, "").Kept)
	compare(t, local, filetree.Read(t, req.Dir))
}

// TestModeAlone: a mode that was changed there is changed here, on our own copy.
func TestModeAlone(t *testing.T) {
	src := sends(file("a", 3, 1))
	req := requestOf(t, src)
	sourcetest.Fetch(t, req, "")
	stricter := file("a", 3, 1)
	stricter.Mode = 0o600
	src.listings = []listing{{items: []transfer.Item{stricter}}}
	sourcetest.Fetch(t, req, "")
	compare(t, node(3, 1).Perm("0600"), filetree.Read(t, req.Dir)["a"])
	compare(t, 1, len(src.opened))
}

// TestSameTimeOtherContent: the source's file was changed and given its old time
// back; our copy is compared, one that is somebody's is left alone.
func TestSameTimeOtherContent(t *testing.T) {
	src := sends(file("a", 3, 1))
	req := requestOf(t, src)
	sourcetest.Fetch(t, req, "")
	touched := file("a", 3, 1)
	touched.Changed = time.Unix(9, 9)
	src.listings = []listing{{items: []transfer.Item{touched}}}
	for content, opened := range map[string]int{"xxx": 0, "xyz": 1} {
		src.sum, src.opened = content, nil
		sourcetest.Fetch(t, req, "")
		compare(t, opened, len(src.opened))
		touched.Changed = touched.Changed.Add(1)
		src.listings = []listing{{items: []transfer.Item{touched}}}
	}
}

func TestForceReplacesNoDirectory(t *testing.T) {
	dir := transfer.Item{Entry: localtree.Entry{Path: "f", Type: localtree.Directory, Mode: 0o755, ModTime: filetree.Epoch()}}
	req := requestOf(t, sends(file("d", 1, 1), dir))
	local := filetree.Tree{"d": filetree.Dir(), "d/x": filetree.File("x"), "f": filetree.File("f")}
	filetree.Write(t, mkdir(t, req.Dir), local)
	req.Force = true
	result := sourcetest.Fetch(t, req, "could not copy")
	want := []transfer.Refusal{
		{Path: "d", Reason: "a directory already exists at this local path"},
		{Path: "f", Reason: `"f" is a file locally, but a directory is needed`},
	}
	compare(t, want, result.Refused)
	compare(t, local, filetree.Read(t, req.Dir))
}

// TestDigest holds the digest to the tree, whatever the order it came in and
// whichever name of a file came first.
func TestDigest(t *testing.T) {
	digest := func(items ...transfer.Item) string {
		return sourcetest.Fetch(t, requestOf(t, sends(items...)), "").Digest
	}
	want := digest(alias("a"), alias("b"), alias("c"), file("d", 3, 1))
	compare(t, want, digest(file("d", 3, 1), alias("c"), alias("a"), alias("b")))
	for name, content := range map[string]string{
		"time":     digest(alias("a"), alias("b"), alias("c"), file("d", 3, 2)),
		"no link":  digest(alias("a"), alias("b"), file("c", 3, 1), file("d", 3, 1)),
		"one less": digest(alias("a"), alias("b"), alias("c")),
	} {
		if content == want || content == "" {
			t.Errorf("%s makes no difference", name)
		}
	}
}

// TestLinksOfWhatIsNotHere: no name of a file that did not come is made.
func TestLinksOfWhatIsNotHere(t *testing.T) {
	src := sends(alias("a"), alias("b"), file("c", 3, 1))
	src.contents = []contents{{answer: func(i int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
		if want.Path == "a" {
			return transfer.Item{Entry: localtree.Entry{Path: "a"}, Refused: "permission denied"}, nil, transfer.FileEnd{}
		}
		return src.listedFile(i, want)
	}}}
	req := requestOf(t, src)
	result := sourcetest.Fetch(t, req, "could not copy")
	compare(t, []transfer.Refusal{
		{Path: "a", Reason: "permission denied"},
		{Path: "b", Reason: `hard link to "a", which could not be copied: permission denied`},
	}, result.Refused)
	compare(t, filetree.Tree{"c": node(3, 1)}, filetree.Read(t, req.Dir))
}

func TestHostileNames(t *testing.T) {
	req := requestOf(t, sends(file("../up", 3, 1), file("/abs", 3, 1), file("a/../../b", 3, 1), file("nul\x00", 3, 1),
		symlink("out", "../.."), file("a", 3, 1), file("a/b", 3, 1)))
	result := sourcetest.Fetch(t, req, "could not copy")
	compare(t, []int{5, 1}, []int{len(result.Refused), len(result.Skipped)})
	compare(t, filetree.Tree{"a": node(3, 1)}, filetree.Read(t, req.Dir))
}

func TestPathsAreCleaned(t *testing.T) {
	req := requestOf(t, sends(file("a/b/f", 1, 1), file("c", 1, 1), file("unasked", 1, 1)))
	req.Paths = []string{"a/b/../b", "a/b/f", "c", "./c", "a/bc"}
	sourcetest.Fetch(t, req, `could not copy "unasked": not requested`)
	for _, path := range []string{"..", "/abs", "a/../../b", "nul\x00"} {
		req.Paths = []string{path}
		sourcetest.Fetch(t, req, "is outside the source directory")
	}
}

func TestDirIsAFile(t *testing.T) {
	src := sends()
	req := requestOf(t, src)
	filetree.Write(t, filepath.Dir(filepath.Dir(req.Dir)), filetree.Tree{"new": filetree.File("x")})
	req.Dir = filepath.Dir(req.Dir)
	sourcetest.Fetch(t, req, "is not a directory")
	compare(t, 0, src.listed)
}

type reporter func(transfer.Progress)

func (r reporter) Report(p transfer.Progress) { r(p) }

func TestProgress(t *testing.T) {
	filetree.NeedSymlinks(t)
	req := requestOf(t, sends(file("a", 3, 1), file("b", 300<<10, 1), symlink("s", "a")))
	var got []transfer.Progress
	req.Reporter = reporter(func(p transfer.Progress) { got = append(got, p) })
	sourcetest.Fetch(t, req, "")
	progress := func(files, bytes int64) transfer.Progress {
		return transfer.Progress{Files: files, TotalFiles: 2, Bytes: bytes, TotalBytes: 3 + 300<<10}
	}
	compare(t, []transfer.Progress{progress(0, 0), progress(0, 3), progress(1, 3), progress(1, 3+256<<10), progress(1, 3+300<<10), progress(2, 3+300<<10)}, got)
}

// TestCoarseTimes has a file system that keeps even seconds only, as FAT does:
// the receipt knows that the file is the source's all the same.
func TestCoarseTimes(t *testing.T) {
	src := sends(file("a", 3, 10))
	req := requestOf(t, src)
	sourcetest.Fetch(t, req, "")
	src.listings = []listing{{items: []transfer.Item{file("a", 3, 13)}}}
	sourcetest.Fetch(t, req, "")
	name := filepath.Join(req.Dir, "a")
	if err := os.Chtimes(name, time.Time{}, time.Unix(10, 0)); err != nil {
		t.Fatal(err)
	}
	sourcetest.Fetch(t, req, "could not copy") // changed here since
}

// TestPlannedTellsHoles: what is told before the first byte says how much of it is holes.
func TestPlannedTellsHoles(t *testing.T) {
	sparse := file("a", 1<<30, 1)
	sparse.Stored = 4096
	src := sends(sparse, file("b", 3, 1))
	req := requestOf(t, src)
	var got []int64
	req.Planned = func(files int, bytes, stored int64) { got = append(got, int64(files), bytes, stored) }
	req.PlanOnly = true
	sourcetest.Fetch(t, req, "")
	compare(t, []int64{2, 1<<30 + 3, 4099}, got)
}

// TestReserve reserves a directory while another fetch has it, and one that does not exist.
func TestReserve(t *testing.T) {
	dir, locks := t.TempDir(), t.TempDir()
	reservation, err := transfer.Reserve(dir, locks)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transfer.Reserve(dir, locks)
	compare(t, localtree.ErrLocked, err, cmpopts.EquateErrors())
	compare(t, nil, reservation.Release(), cmpopts.EquateErrors())
	missing := filepath.Join(dir, "not", "yet")
	second, err := transfer.Reserve(missing, locks)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transfer.Reserve(missing, locks)
	compare(t, localtree.ErrLocked, err, cmpopts.EquateErrors())
	compare(t, nil, second.Release(), cmpopts.EquateErrors())
	checkAbsent(t, filepath.Dir(missing))
	if err := os.WriteFile(filepath.Dir(missing), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Reserve(filepath.Dir(missing), locks); err == nil {
		t.Error("a file is taken for a directory")
	}
}

// TestFetchIntoReservation fetches into a directory that stays reserved, and is kept because there is something in it.
func TestFetchIntoReservation(t *testing.T) {
	req := requestOf(t, sends(file("a", 3, 1)))
	req.Dir = filepath.Join(req.Dir, "new")
	reserved, err := transfer.Reserve(req.Dir, req.Receipts)
	if err != nil {
		t.Fatal(err)
	}
	req.Reservation = reserved
	sourcetest.Fetch(t, req, "")
	_, err = transfer.Reserve(req.Dir, req.Receipts)
	compare(t, localtree.ErrLocked, err, cmpopts.EquateErrors())
	compare(t, nil, reserved.Release(), cmpopts.EquateErrors())
	if _, err := os.Stat(filepath.Join(req.Dir, "a")); err != nil {
		t.Error(err)
	}
}
