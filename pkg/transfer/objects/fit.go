package objects

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
)

// mostKey is how long the key of an object may be, in bytes: the S3 API's limit.
const mostKey = 1024

// unfit says why an entry can have no place in a bucket; empty where it can. What a link leads to
// it puts into the form that it has in the tree.
func (c *copying) unfit(e *archive.Entry) string {
	if reason := cmp.Or(c.misnamed(e), misshaped(e)); reason != "" || e.Type != archive.Symlink {
		return reason
	}
	target, err := archive.LinkTarget(e.Path, e.Target, c.Mount)
	if err != nil {
		return err.Error()
	}
	e.Target = target
	return ""
}

func (c *copying) misnamed(e *archive.Entry) string {
	switch key := c.At.Key(e.Path); {
	case !fs.ValidPath(e.Path) || !c.Wanted(e.Path):
		return "its name leads out of what was asked for"
	case len(key) > mostKey:
		return fmt.Sprintf("its name in the bucket would be longer than %d bytes", mostKey)
	case !isText(e.Path):
		return "no object can have its name, which is no text"
	case !isText(e.Target):
		return "what it leads to is no text"
	case slices.Contains(ownNames, e.Path):
		return "it has the name of a list that fetch keeps there"
	}
	return ""
}

func misshaped(e *archive.Entry) string {
	switch {
	case e.Type != archive.File && e.Type != archive.Directory && e.Type != archive.Symlink:
		return "it is of an unknown kind"
	case e.Size < 0 || e.Size > bucket.MostParts*bucket.MostPart:
		return "no object can be as large"
	case !writable(e.ModTime) || !writable(e.Changed):
		return "its time is beyond the year 9999"
	}
	return ""
}

// isText reports whether XML, in which stores list names, can hold s.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == 0xfffe || r == 0xffff })
}

// writable reports whether a time can be written in the index.
func writable(t time.Time) bool { return t.UTC().Year() >= 0 && t.UTC().Year() < 10000 }
