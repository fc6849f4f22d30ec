// Package rest keeps the garbage collector from running while the program starts.
//
// What the libraries make then, tables of kinds and of endpoints, stays for good: to look
// through it takes a Tab two milliseconds of twelve, and frees nothing. The package imports
// next to nothing, so that Go comes to it before it comes to those.
package rest

import (
	"runtime/debug"
	"time"
)

// during is how long it rests from the start of main on: help and completion have ended by
// then, and nothing else has used much.
const during = 50 * time.Millisecond

// before is what $GOGC says, or Go's own.
var before = debug.SetGCPercent(-1) //nolint:gochecknoglobals // what a function does comes after all packages

// End has it run again, in a while.
func End() { time.AfterFunc(during, func() { debug.SetGCPercent(before) }) }
