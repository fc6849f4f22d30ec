// Package terminal is a terminal for tests on Linux: keys are pressed at one end, a program
// runs at the other.
package terminal
