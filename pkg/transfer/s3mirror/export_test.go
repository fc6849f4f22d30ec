package s3mirror

import "time"

// SetBeat makes the copy write its lock, and look at another one's, that often.
func (r *Request) SetBeat(beat time.Duration) { r.beat = beat }

// SetGrace limits how long the copy tidies up after its context ends.
func (r *Request) SetGrace(grace time.Duration) { r.grace = grace }
