package wire

// Target is where a chunk is sent to: the first line of a POST /v1/store, as JSON. The
// rest of the request is that of POST /v1/files.
type Target struct {
	// URL is that of a pre-signed PUT.
	URL string `json:"url"`
	// Roots are the certificates that the server's is checked by, as PEM; empty for
	// those that everybody trusts.
	Roots string `json:"roots,omitempty"`
	// End is where the content of each file ends at the latest; 0 for its own end.
	End int64 `json:"end,omitempty"`
	// Tries is how often a server is asked that is busy or not there; 0 for patience of
	// about two minutes.
	Tries int `json:"tries,omitempty"`
}

// Stored is the answer to POST /v1/store. Blanks come before it while it is made.
type Stored struct {
	// Failed says that there is no object, and why.
	Failed *PutError `json:"failed,omitempty"`
}

// PutError is why something could not be stored.
type PutError struct {
	// Status is that of the HTTP answer, 0 where there was none, and Code the store's
	// word for it, such as AccessDenied.
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	// Message holds nothing of the URL but the host.
	Message string `json:"message"`
	// Unreachable says that no server answered.
	Unreachable bool `json:"unreachable,omitempty"`
}

// Error implements error.
func (e *PutError) Error() string { return e.Message }
