package localtree

import "fmt"

// Refused says why one entry is left out. The next entry may fare better; every
// other error of a Tree means that going on is of no use.
type Refused struct {
	// Reason is a clause about the entry, to follow its name.
	Reason string
}

// Error implements error.
func (r *Refused) Error() string { return r.Reason }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }
