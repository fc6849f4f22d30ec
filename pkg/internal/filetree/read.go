package filetree

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// longData is how many bytes of a file are shown as they are.
const longData = 256

// Read returns the nodes in dir; of one that is missing an empty tree.
func Read(tb testing.TB, dir string) Tree {
	tb.Helper()
	r := reader{tree: Tree{}, bySize: map[int64][]seen{}}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if os.IsNotExist(err) && name == dir {
			return filepath.SkipAll
		}
		if err != nil || name == dir {
			return err
		}
		return r.add(dir, name)
	})
	check(tb, err)
	return r.tree
}

type reader struct {
	tree   Tree
	bySize map[int64][]seen
}

// seen is a file that may have another name.
type seen struct {
	path string
	info fs.FileInfo
}

func (r reader) add(dir, name string) error {
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	info, err := os.Lstat(name) // what a folder lists may not tell files apart
	if err != nil {
		return err
	}
	node, err := r.node(rel, name, info)
	r.tree[rel] = node
	return err
}

func (r reader) node(rel, name string, info fs.FileInfo) (Node, error) {
	node := Node{Mode: fmt.Sprintf("%04o", info.Mode().Perm()), Time: info.ModTime().UTC()}
	switch {
	case info.IsDir():
		node.Kind = "dir"
		return held(node), nil
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(name)
		return Symlink(filepath.ToSlash(target)), err
	case !info.Mode().IsRegular():
		return Node{Kind: info.Mode().String()}, nil
	}
	if original := r.originalPath(rel, info); original != rel {
		return Link(original), nil
	}
	data, err := os.ReadFile(name)
	node.Kind, node.Data = "file", Short(string(data))
	return held(node), err
}

// originalPath is the path at which the file was met first.
func (r reader) originalPath(rel string, info fs.FileInfo) string {
	for _, candidate := range r.bySize[info.Size()] {
		if candidate.info.ModTime().Equal(info.ModTime()) && os.SameFile(candidate.info, info) {
			return candidate.path
		}
	}
	r.bySize[info.Size()] = append(r.bySize[info.Size()], seen{rel, info})
	return rel
}

// Short is data as Read shows it.
func Short(data string) string {
	if len(data) <= longData {
		return data
	}
	return fmt.Sprintf("%d bytes, sha256 %x", len(data), sha256.Sum256([]byte(data)))
}
