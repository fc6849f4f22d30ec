// Package server is the agent: it serves the files of one directory to one
// client that proved who it is.
//
// What it promises: it reads nothing outside the directory, and opens regular
// files and directories only. It names what it cannot read and goes on. It
// notices a file that changes while it is sent. Its memory does not grow with
// the tree. On the network it answers nobody but the client whose certificate
// came in through the socket. It ends when no client has spoken for a while.
//
// What it does not promise: one state of the whole tree, since it reads file
// by file, and an order of the entries of a directory. A file that is written
// through a memory map may change without a sign.
package server
