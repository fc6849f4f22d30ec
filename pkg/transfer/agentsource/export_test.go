package agentsource

import "time"

// SetSilence makes s give up sooner.
func (s *Source) SetSilence(d time.Duration) { s.silence = d }
