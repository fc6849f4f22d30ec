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

// unfit says why an entry can have no place in a bucket; empty where it can.
func (c *copying) unfit(e *archive.Entry) string {
	return cmp.Or(c.misnamed(e), misshaped(e))
}

// link judges a symlink, and puts what it leads to into the form that it has in the tree. It reports whether the index gets it.
func (c *copying) link(e *archive.Entry) bool {
	target, err := c.Layout.LinkTarget(e.Path, e.Target)
	if err == nil {
		e.Target = target
	}
	verdict, ok := c.JudgeLink(*e, err)
	if !ok {
		c.refuse(e.Path, err.Error())
		return false
	}
	if verdict.Refused != nil {
		c.refuse(verdict.Refused.Path, verdict.Refused.Reason)
	}
	if verdict.Skipped != nil {
		c.result.Skipped = append(c.result.Skipped, *verdict.Skipped)
	}
	if verdict.Create && !isText(e.Target) {
		c.refuse(e.Path, "what it leads to is no text")
		return false
	}
	if verdict.Create {
		c.roots.See(c.Request.Request, *e)
	}
	return verdict.Create
}

func (c *copying) misnamed(e *archive.Entry) string {
	switch key := c.At.Key(e.Path); {
	case !fs.ValidPath(e.Path) || !c.Wanted(e.Path):
		return "its name leads out of what was asked for"
	case len(key) > mostKey:
		return fmt.Sprintf("its name in the bucket would be longer than %d bytes", mostKey)
	case !isText(e.Path):
		return "no object can have its name, which is no text"
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
