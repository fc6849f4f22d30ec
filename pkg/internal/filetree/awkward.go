package filetree

import (
	"strings"
	"time"
)

// Awkward is a tree of everything that a results volume can hold.
func Awkward() Tree {
	long := strings.Repeat("long-name-", 24) // 240 bytes
	return Tree{
		"-rf":                         File("dash"),
		"--exclude=a":                 File("option"),
		"with space":                  File("s"),
		"quote'\"`$(touch x)\\":       File("q"),
		"new\nline":                   File("n"),
		"ünïcödé ☃":                   File("u"),
		".hidden":                     File("h"),
		"..two":                       File("t"),
		"empty":                       File(""),
		"empty dir":                   Dir(),
		"private":                     File("p").Perm("0604"),
		"program":                     File("#!").Perm("0755"),
		"old":                         File("o").At(time.Unix(0, 0)),
		"closed":                      Dir().Perm("0555"),
		"closed/file":                 File("c").Perm("0444"),
		"closed/deep":                 Dir().Perm("0555").At(time.Unix(1e9, 0)),
		"closed/deep/file":            File("d"),
		"names":                       Dir(),
		"names/a":                     File("linked"),
		"names/b":                     Link("names/a"),
		"names/c":                     Link("names/a"),
		"links":                       Dir(),
		"links/up":                    Symlink("../names/a"),
		"links/dir":                   Symlink("../names"),
		"links/dangling":              Symlink("nowhere"),
		"links/self":                  Symlink("."),
		long:                          Dir(),
		long + "/" + long:             Dir(),
		long + "/" + long + "/" + "f": File("deep"),
		long + "/" + long + "/" + "l": Symlink("../../" + long),
		"large":                       File(strings.Repeat("0123456789abcdef", 1<<16)),
	}
}

// Shown is t as Read shows it.
func (t Tree) Shown() Tree {
	out := Tree{}
	for p, node := range t {
		node.Data = Short(node.Data)
		out[p] = node
	}
	return out
}
