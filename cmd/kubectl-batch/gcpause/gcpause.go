// Package gcpause disables the garbage collector while the program starts.
//
// During start-up, the libraries create tables of kinds and endpoints that are never freed. A
// collection would scan them for nothing, which takes 2 ms of the 12 ms of a completion. The
// package has few imports, so that Go initializes it before those libraries. Variables of package
// main would be initialized after them.
package gcpause

import (
	"runtime/debug"
	"time"
)

// duration is how long the pause lasts after Resume: help and completion have ended by
// then, and other commands have allocated little.
const duration = 50 * time.Millisecond

// percent is the value of GOGC, or Go's default.
var percent = debug.SetGCPercent(-1) //nolint:gochecknoglobals // must be set before other packages are initialized

// Resume enables the garbage collector again, after duration.
func Resume() { time.AfterFunc(duration, func() { debug.SetGCPercent(percent) }) }
