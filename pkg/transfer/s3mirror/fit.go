package s3mirror

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// mostKey is the maximum length of a key in bytes, by the S3 API.
const mostKey = 1024

// unfit returns the reason why an entry cannot be stored in a bucket; "" if it can.
func (c *copying) unfit(e *localtree.Entry) string {
	return cmp.Or(c.misnamed(e), misshaped(e))
}

// link decides about a symlink, and converts its target to the form in the tree. It reports whether the symlink is added to the index.
func (c *copying) link(e *localtree.Entry) bool {
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
		c.refuse(e.Path, "symlink target is not UTF-8 or contains control characters")
		return false
	}
	if verdict.Create {
		c.roots.See(c.Request.Request, *e)
	}
	return verdict.Create
}

func (c *copying) misnamed(e *localtree.Entry) string {
	switch key := c.At.Key(e.Path); {
	case !fs.ValidPath(e.Path) || !c.Wanted(e.Path):
		return "path is outside the requested paths"
	case len(key) > mostKey:
		return fmt.Sprintf("object key would exceed the limit of %d bytes", mostKey)
	case !isText(e.Path):
		return "name is not UTF-8 or contains control characters, so no object can have it"
	case slices.Contains(ownNames, e.Path):
		return "name is reserved for a file that fetch keeps in the bucket"
	}
	return ""
}

func misshaped(e *localtree.Entry) string {
	switch {
	case e.Type != localtree.File && e.Type != localtree.Directory && e.Type != localtree.Symlink:
		return "unknown file type"
	case e.Size < 0 || e.Size > s3.MostParts*s3.MostPart:
		return "larger than the maximum size of an object"
	case !writable(e.ModTime) || !writable(e.Changed):
		return "its time is outside the years 0 to 9999"
	}
	return ""
}

// isText reports whether s is valid in XML, in which stores list names.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == 0xfffe || r == 0xffff })
}

// writable reports whether the index can represent a time.
func writable(t time.Time) bool { return t.UTC().Year() >= 0 && t.UTC().Year() < 10000 }
