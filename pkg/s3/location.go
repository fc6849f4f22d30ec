package s3

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Scheme begins the URL of a location in a bucket.
const Scheme = "s3://"

// mostKey is the maximum length of a key in bytes, by the S3 API.
const mostKey = 1024

// bucketName matches valid bucket names.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Location is a bucket, or a prefix of keys in it.
type Location struct {
	// Bucket is a valid bucket name.
	Bucket string
	// Prefix has no slash at either end; "" means the whole bucket.
	Prefix string
}

// ParseLocation reads s3://BUCKET[/PREFIX]. The error is only the violated rule: the caller adds the value.
func ParseLocation(text string) (Location, error) {
	rest, ok := strings.CutPrefix(text, Scheme)
	if !ok {
		return Location{}, errors.New("must be s3://BUCKET[/PREFIX]")
	}
	name, prefix, _ := strings.Cut(rest, "/")
	prefix = strings.TrimSuffix(prefix, "/")
	switch {
	case !bucketName.MatchString(name):
		return Location{}, errors.New("the bucket name must be 3 to 63 characters of a-z, 0-9, \".\" and \"-\"")
	case prefix != "" && (path.Clean("/"+prefix) != "/"+prefix || strings.ContainsFunc(prefix, control)):
		return Location{}, errors.New("the prefix must not contain \".\", \"..\", empty parts or control characters")
	case len(prefix) > mostKey/2:
		return Location{}, fmt.Errorf("the prefix must not be longer than %d bytes", mostKey/2)
	}
	return Location{name, prefix}, nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// String returns the form that ParseLocation reads.
func (l Location) String() string { return strings.TrimSuffix(Scheme+l.Bucket+"/"+l.Prefix, "/") }

// At returns the location with names appended to the prefix.
func (l Location) At(names ...string) Location {
	l.Prefix = path.Join(append([]string{l.Prefix}, names...)...)
	return l
}

// Key returns the key of the object name in this location. name may contain slashes.
func (l Location) Key(name string) string {
	if l.Prefix == "" {
		return name
	}
	return l.Prefix + "/" + name
}
