// Package localexec is a transport.Executor for tests: it runs the same argv on
// this machine, so that scripts, quoting and tar's options are really exercised,
// and it can fail in the ways in which an exec in a cluster does.
//
// Its Executor exists on Unix only.
package localexec
