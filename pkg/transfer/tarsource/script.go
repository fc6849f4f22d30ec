package tarsource

import (
	_ "embed"
)

// script packs the tree. Its arguments are the nonce, the root and the paths,
// each beginning with "./" or being ".". It answers with
//
//	kubectl-batch NONCE sha256|plain     then tar bytes and the trailer
//	kubectl-batch NONCE missing I...     the paths of these indices do not exist
//	kubectl-batch NONCE noroot|notar
//
// and then waits for a line or the end of its input. Whichever comes, it ends
// what still runs, if the shell leads a process group of its own as it does in an
// exec: a client that is gone would else leave tee hanging on a pipe that nobody
// reads (seen with containerd), in the user's own pod at worst.
//
// What is not obvious in it: busybox writes in pieces of 1 to 4 KiB, and each
// becomes a message of its own on the way here, so dd makes large blocks of them
// (5 times the speed where it was measured). tee writes to a pipe that the shell made itself,
// since the exec's own output belongs to another user and cannot be opened
// again through /dev/fd. Descriptors: 3 is the exec's output, 4 collects status
// and hash, 5 leads to sha256sum. A fresh ext4 volume has a lost+found that only
// root can read; where tar cannot exclude it, everything beside it is named.
//
//go:embed pack.sh
var script string

// argv is the command to run in the container.
func argv(nonce, root string, paths []string) []string {
	args := []string{"sh", "-c", script, "sh", nonce, root}
	for _, p := range paths {
		if p != "." {
			p = "./" + p // also what begins with a dash is no option then
		}
		args = append(args, p)
	}
	return args
}
