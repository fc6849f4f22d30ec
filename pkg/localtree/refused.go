package localtree

import "fmt"

// Refused says why one entry is not written. The next entry may succeed. After any other
// error of a Tree, the caller should stop.
type Refused struct {
	// Reason is a clause about the entry, to follow its name.
	Reason string
}

// Error implements error.
func (r *Refused) Error() string { return r.Reason }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }
