package purge

import "time"

// SetRetryEvery sets the pause before a deletion is retried.
func (p *Plan) SetRetryEvery(d time.Duration) { p.retryEvery = d }
