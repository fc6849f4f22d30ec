// Package server is the agent: it serves the files of one directory to one
// authenticated client.
//
// What it promises: it reads nothing outside the directory, and opens only regular
// files and directories. It reports what it cannot read and continues. It
// detects files that change while they are sent. Its memory does not grow with
// the tree. On the network it serves only the client whose certificate was
// enrolled through the socket. It ends after some time without requests.
//
// What it does not promise: a consistent state of the whole tree, because it reads
// one file after another, and an order of the entries of a directory. A change
// of a file through a memory map may stay undetected.
package server
