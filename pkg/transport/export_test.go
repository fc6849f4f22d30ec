package transport

import "time"

// SetPatience sets how long c waits for a way before it starts the next one, and before it prefers that.
func (c *Chooser) SetPatience(headStart, patience time.Duration) {
	c.headStart, c.patience = headStart, patience
}
