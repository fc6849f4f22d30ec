package tar

import "time"

// SetGrace makes s wait less for the end of an exec.
func (s *Source) SetGrace(d time.Duration) { s.grace = d }
