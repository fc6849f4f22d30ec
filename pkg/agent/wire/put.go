package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// MaxPut is the maximum length of a PutRequest as JSON, in bytes. It is compressed for
// transfer, because pre-signed URLs are similar.
const MaxPut = 4 << 20

// PutRequest requests that files are stored as objects: the body of a POST /v1/put, as JSON, in
// gzip. The response has lines of JSON, also in gzip, each a PutResult, with blanks between them: one for each
// file, in any order, and an earlier one for a part that is not the last one.
type PutRequest struct {
	// Roots are the root certificates for the server, as PEM. If empty, the public roots
	// are used.
	Roots string `json:"roots,omitempty"`
	// Tries is the number of attempts if the server is busy or unreachable. 0 means
	// attempts for about two minutes.
	Tries int       `json:"tries,omitempty"`
	Files []PutFile `json:"files"`
}

// Marshal returns the compressed request.
func (r *PutRequest) Marshal() ([]byte, error) {
	var body bytes.Buffer
	zip, err := gzip.NewWriterLevel(&body, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	err = errors.Join(json.NewEncoder(zip).Encode(r), zip.Close())
	return body.Bytes(), err
}

// ParsePut reads what Marshal wrote. Its error is always ErrCorrupt, because a more detailed
// error could contain signatures.
func ParsePut(body []byte) (r PutRequest, err error) {
	zip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return r, ErrCorrupt
	}
	text, err := io.ReadAll(io.LimitReader(zip, MaxPut))
	if err != nil || json.Unmarshal(text, &r) != nil {
		return PutRequest{}, ErrCorrupt
	}
	return r, nil
}

// PutFile is a file, or a part of one, and the pre-signed request that stores it.
type PutFile struct {
	Path string `json:"path"`
	// Size and the times are from the list of the client. At most Size bytes are stored.
	// If the file is shorter or its times differ, the result is Changed.
	Size    int64     `json:"size"`
	ModTime time.Time `json:"modTime"`
	Changed time.Time `json:"changed"`
	// From and Length are the offset and the length of the part.
	From   int64 `json:"from,omitempty"`
	Length int64 `json:"length"`
	// State is the state of the SHA-256 before the part, from the result of the previous
	// part.
	State []byte `json:"state,omitempty"`
	// URL is the URL of a pre-signed PUT, and Header the headers that were signed with it.
	// Without a URL the file is only hashed.
	URL    string            `json:"url,omitempty"`
	Header map[string]string `json:"header,omitempty"`
}

// Last reports whether the file ends with the part.
func (f *PutFile) Last() bool { return f.From+f.Length == f.Size }

// PutResult is the result of one PutFile.
type PutResult struct {
	// Index is the index of the PutFile in the request.
	Index int `json:"index"`
	// Hashed says that the part was hashed and is being sent. Another result follows.
	Hashed bool `json:"hashed,omitempty"`
	// State is the state of the SHA-256 for the next part. After the last part, Sum is the
	// SHA-256 of the file.
	State []byte `json:"state,omitempty"`
	Sum   []byte `json:"sum,omitempty"`
	// ETag is the ETag that the store returned. If it is set, the object has the content that
	// was read, even if other fields report a problem.
	ETag string `json:"etag,omitempty"`
	// Changes says what happened to the file since the client listed it. If it is Changed,
	// only ETag is valid.
	Changes State `json:"changes,omitempty"`
	// Refused says that the file cannot be read: a clause that follows its name.
	Refused string `json:"refused,omitempty"`
	// Failed is set if the part was not stored.
	Failed *PutError `json:"failed,omitempty"`
}
