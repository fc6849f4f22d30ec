package agent_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func TestEverythingComes(t *testing.T) {
	slowtest.Skip(t)
	agenttest.NeedLinux(t)
	root := t.TempDir()
	big := random(3<<20 + 12345)
	write(t, filepath.Join(root, "big"), big)
	write(t, filepath.Join(root, "text"), bytes.Repeat([]byte("step 1 loss 0.5\n"), 200_000))
	write(t, filepath.Join(root, "empty"), nil)
	write(t, filepath.Join(root, "d/sub/odd \xff\n name"), []byte("odd"))
	write(t, filepath.Join(root, "lost+found/x"), []byte("a user's"))
	write(t, filepath.Join(root, "d/lost+found/x"), []byte("but this"))
	must(t, os.Mkdir(filepath.Join(root, "hollow"), 0o700))
	must(t, os.Symlink("../nowhere", filepath.Join(root, "d/symlink")))
	must(t, os.Link(filepath.Join(root, "big"), filepath.Join(root, "d/hard")))
	filetree.Pipe(t, filepath.Join(root, "pipe"))
	listener, err := net.Listen("unix", filepath.Join(root, "socket"))
	must(t, err)
	defer func() { _ = listener.Close() }()

	agent := agenttest.Start(t, root, server.Options{})
	for way, client := range ways(t, agent) {
		for _, codec := range []string{"auto", "none", "s2", "zstd"} {
			t.Run(way+" "+codec, func(t *testing.T) {
				s := source(t, client, codec)
				items := listed(t, s, ".")
				var wants []transfer.Want
				var names []string
				for _, item := range items {
					name := string(item.Type) + " " + item.Path
					if item.Skipped != "" {
						name += ": " + item.Skipped
					}
					names = append(names, name)
					if item.Type == localtree.File {
						wants = append(wants, transfer.Want{Path: item.Path})
					}
				}
				if diff := cmp.Diff([]string{
					"dir .", "file big", "dir d", "file d/hard", "dir d/lost+found", "file d/lost+found/x",
					"dir d/sub", "file d/sub/odd \xff\n name", "symlink d/symlink", "file empty", "dir hollow",
					"dir lost+found", "file lost+found/x",
					" pipe: a named pipe has no content to copy", " socket: a socket has no content to copy", "file text",
				}, names); diff != "" {
					t.Error(diff)
				}
				for _, file := range opened(t, s, wants...) {
					want, err := os.ReadFile(filepath.Join(root, file.Item.Path))
					must(t, err)
					if file.Data != string(want) {
						t.Errorf("%q differs", file.Item.Path)
					}
					info, err := os.Stat(filepath.Join(root, file.Item.Path))
					must(t, err)
					if !file.Item.ModTime.Equal(info.ModTime()) || file.Item.Mode != info.Mode().Perm() || file.End.State != transfer.Still {
						t.Errorf("%q came as %+v, %+v", file.Item.Path, file.Item, file.End)
					}
				}
			})
		}
	}
}

func TestListOfPaths(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a/b/c"), []byte("c"))
	write(t, filepath.Join(root, "a/d"), []byte("dd"))
	s := source(t, agenttest.Start(t, root, server.Options{}).Local(t), "auto")

	var names []string
	for _, item := range listed(t, s, "a/b", "a/d") {
		names = append(names, item.Path)
	}
	if diff := cmp.Diff([]string{"a/b", "a/b/c", "a/d"}, names); diff != "" {
		t.Error(diff)
	}
	_, err := s.List(t.Context(), []string{"a", "x", "a/d/y"})
	if diff := cmp.Diff(&transfer.MissingPathError{Paths: []string{"x", "a/d/y"}}, err); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"../x", "/etc/passwd", "a//b", "a/", ""} {
		if _, err := s.List(t.Context(), []string{path}); err == nil {
			t.Errorf("%q was listed", path)
		} else if _, ok := errors.AsType[*transfer.LostError](err); ok {
			t.Errorf("%q would be tried again: %v", path, err)
		}
	}
}

func TestHardLinksShareAnInode(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a"), []byte("x"))
	write(t, filepath.Join(root, "single"), []byte("x"))
	must(t, os.Link(filepath.Join(root, "a"), filepath.Join(root, "b")))
	items := listed(t, source(t, agenttest.Start(t, root, server.Options{}).Local(t), "auto"), ".")
	if items[1].Inode == (localtree.Inode{}) || items[1].Inode != items[2].Inode || items[3].Inode != (localtree.Inode{}) {
		t.Errorf("%+v", items)
	}
}

func TestOffsetsAndSums(t *testing.T) {
	root := t.TempDir()
	data := random(700_000)
	write(t, filepath.Join(root, "f"), data)
	s := source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), "auto")

	files := opened(t, s, transfer.Want{Path: "f", Offset: 650_001}, transfer.Want{Path: "f", Offset: 700_000},
		transfer.Want{Path: "f", Offset: 700_001}, transfer.Want{Path: "none"}, transfer.Want{Path: "."})
	lengths := []int{49_999, 0, 700_000, 0, 0}
	offsets := []int64{650_001, 700_000, 0, 0, 0}
	refused := []string{"", "", "", "no longer exists", "no longer a regular file, now a directory"}
	for i, file := range files {
		if len(file.Data) != lengths[i] || file.Item.Offset != offsets[i] || file.Item.Refused != refused[i] ||
			!strings.HasSuffix(string(data), file.Data) {
			t.Errorf("%d: %d bytes from %d, %q", i, len(file.Data), file.Item.Offset, file.Item.Refused)
		}
	}

	sums, err := s.Sums(t.Context(), []transfer.Prefix{{Path: "f", Length: 1000}, {Path: "f", Length: -1}, {Path: "f", Length: 1 << 40}, {Path: "x"}})
	must(t, err)
	whole := xxh3.Hash128(data).Bytes()
	if diff := cmp.Diff([]transfer.Sum{
		{Sum: xxh3.Hash128(data[:1000]).Bytes(), Length: 1000},
		{Sum: whole, Length: 700_000},
		{Sum: whole, Length: 700_000},
		{Refused: "no longer exists"},
	}, sums, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestHolesAreNotSent(t *testing.T) {
	root := t.TempDir()
	file, err := os.Create(filepath.Join(root, "sparse"))
	must(t, err)
	for _, place := range []int64{1 << 20, 50 << 20} {
		_, err = file.WriteAt(random(100_000), place)
		must(t, err)
	}
	must(t, file.Truncate(64<<20))
	must(t, file.Close())
	s := source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), "none")

	files := opened(t, s, transfer.Want{Path: "sparse"}, transfer.Want{Path: "sparse", Offset: 50<<20 + 5})
	want, err := os.ReadFile(filepath.Join(root, "sparse"))
	must(t, err)
	if files[0].Data != string(want) || files[0].Holes < 60<<20 || files[1].Data != string(want[50<<20+5:]) {
		t.Errorf("%d bytes, %d of them holes", len(files[0].Data), files[0].Holes)
	}
	if n := s.Received()["none"]; n > 1<<20 {
		t.Errorf("%d bytes came for 200 kB of data", n)
	}
}
