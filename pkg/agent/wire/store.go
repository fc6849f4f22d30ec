package wire

// Target is the destination of a chunk: the first line of a POST /v1/store, as JSON. The
// rest of the request has the form of POST /v1/files.
type Target struct {
	// URL is that of a pre-signed PUT.
	URL string `json:"url"`
	// Roots are the root certificates for the server, as PEM. If empty, the public roots
	// are used.
	Roots string `json:"roots,omitempty"`
	// End is the offset at which the content of each file ends at the latest; 0 for no limit.
	End int64 `json:"end,omitempty"`
	// Tries is the number of attempts if the server is busy or unreachable. 0 means
	// attempts for about two minutes.
	Tries int `json:"tries,omitempty"`
}

// Stored is the response to POST /v1/store. The agent sends blanks before it while it
// works, to show that it is alive.
type Stored struct {
	// Failed is set if the object was not created.
	Failed *PutError `json:"failed,omitempty"`
}

// PutError is why something could not be stored.
type PutError struct {
	// Status is the HTTP status, 0 if there was no response, and Code the error code of
	// the store, such as AccessDenied.
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	// Message contains no part of the URL except the host, because the URL has a signature.
	Message string `json:"message"`
	// Unreachable says that no server answered.
	Unreachable bool `json:"unreachable,omitempty"`
}

// Error implements error.
func (e *PutError) Error() string { return e.Message }
