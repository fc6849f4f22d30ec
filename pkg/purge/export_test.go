package purge

import "time"

// SetRetryEvery sets the pause before a deletion is asked for again.
func (p *Plan) SetRetryEvery(d time.Duration) { p.retryEvery = d }
