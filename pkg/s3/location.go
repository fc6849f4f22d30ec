package s3

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Scheme begins what names a place in a bucket.
const Scheme = "s3://"

// mostKey is how long a key may be, in bytes: the S3 API's limit.
const mostKey = 1024

// bucketName is what S3 and its like take for a bucket's name.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Location is a place in a bucket.
type Location struct {
	Bucket string
	// Prefix has no slash at either end; empty is the whole bucket.
	Prefix string
}

// ParseLocation reads s3://BUCKET[/PREFIX].
func ParseLocation(text string) (Location, error) {
	rest, ok := strings.CutPrefix(text, Scheme)
	if !ok {
		return Location{}, fmt.Errorf("invalid S3 location %q: must be s3://BUCKET[/PREFIX]", text)
	}
	name, prefix, _ := strings.Cut(rest, "/")
	prefix = strings.TrimSuffix(prefix, "/")
	switch {
	case !bucketName.MatchString(name):
		return Location{}, fmt.Errorf("invalid bucket name %q: must be 3 to 63 characters of a-z, 0-9, \".\" and \"-\"", name)
	case prefix != "" && (path.Clean("/"+prefix) != "/"+prefix || strings.ContainsFunc(prefix, control)):
		return Location{}, fmt.Errorf("invalid S3 location %q: the prefix must not contain \".\", \"..\", empty parts or control characters", text)
	case len(prefix) > mostKey/2:
		return Location{}, fmt.Errorf("invalid S3 location %q: the prefix must not be longer than %d bytes", text, mostKey/2)
	}
	return Location{name, prefix}, nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// String is how people write it.
func (l Location) String() string { return strings.TrimSuffix(Scheme+l.Bucket+"/"+l.Prefix, "/") }

// At returns the place that names lead to from here.
func (l Location) At(names ...string) Location {
	l.Prefix = path.Join(append([]string{l.Prefix}, names...)...)
	return l
}

// Key is that of an object called name here. Name may hold slashes.
func (l Location) Key(name string) string {
	if l.Prefix == "" {
		return name
	}
	return l.Prefix + "/" + name
}
