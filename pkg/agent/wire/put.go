package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// MaxPut is the most bytes of a PutRequest as JSON. On the way it is less: pre-signed URLs are
// much alike.
const MaxPut = 4 << 20

// PutRequest asks for files as objects: the body of a POST /v1/put, as JSON, in gzip. It is
// answered by lines of JSON, in gzip as well, each a PutResult, with blanks between them: one for each file,
// in any order, and another one before it for a part behind which others follow.
type PutRequest struct {
	// Roots are the certificates that the server's is checked by, as PEM; empty for
	// those that everybody trusts.
	Roots string `json:"roots,omitempty"`
	// Tries is how often a server is asked that is busy or not there; 0 for patience of
	// about two minutes.
	Tries int       `json:"tries,omitempty"`
	Files []PutFile `json:"files"`
}

// Marshal returns the request as it goes over the wire.
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
	// Size and the times are those that the client knows. What is stored ends there;
	// a file that is shorter, or another one, is none.
	Size    int64     `json:"size"`
	ModTime time.Time `json:"modTime"`
	Changed time.Time `json:"changed"`
	// From and Length say which part it is.
	From   int64 `json:"from,omitempty"`
	Length int64 `json:"length"`
	// State is that of the SHA-256 of what lies before the part, as the answer to the part
	// before it had it.
	State []byte `json:"state,omitempty"`
	// URL is the URL of a pre-signed PUT, and Header the headers that were signed with it.
	// Without a URL the file is only hashed.
	URL    string            `json:"url,omitempty"`
	Header map[string]string `json:"header,omitempty"`
}

// Last reports whether the file ends with the part.
func (f *PutFile) Last() bool { return f.From+f.Length == f.Size }

// PutResult is what became of one PutFile.
type PutResult struct {
	// Index is its place in the request.
	Index int `json:"index"`
	// Hashed says that the part was read and is on its way: another result follows.
	Hashed bool `json:"hashed,omitempty"`
	// State is, after a part that is not the last, for the next one; Sum, after the last,
	// the SHA-256 of the file.
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
	// Failed says that it was not stored, and why.
	Failed *PutError `json:"failed,omitempty"`
}
