package tar

import (
	_ "embed"
)

// script packs the tree. Its arguments are the nonce, the root, the sub-path of it
// ("" for all) and the paths, each beginning with "./" or being ".". It answers with
//
//	kubectl-batch NONCE sha256|plain NOW [NAME...]
//	                                     then tar bytes and the trailer; NOW is the time, in
//	                                     seconds; NAME is a directory of the file system that is skipped
//	kubectl-batch NONCE missing I...     the paths of these indices do not exist
//	kubectl-batch NONCE noroot|notar
//	kubectl-batch NONCE nosub|nofile|outside|irregular    about the sub-path
//
// and then waits for a line or the end of its input. Whichever comes, it ends
// what still runs, if the shell leads a process group of its own as it does in an
// exec: a client that is gone would else leave tee hanging on a pipe that nobody
// reads (seen with containerd), in the user's own pod at worst.
//
// What is not obvious in it: a sub-path is entered before it is looked at where it is,
// so that a symlink which is put there at the wrong moment leads nowhere else;
// busybox writes in pieces of 1 to 4 KiB, and each
// becomes a message of its own on the way here, so dd makes large blocks of them
// (5 times the speed where it was measured). tee writes to a pipe that the shell made itself,
// since the exec's own output belongs to another user and cannot be opened
// again through /dev/fd. The locale is C, since what tar writes about sockets is read.
// Descriptors: 3 is the exec's output, 4 collects status
// and hash, 5 leads to sha256sum. A fresh ext4 volume has a lost+found that only
// root can read: where the whole file system is mounted, and the directory is root's, it is skipped; so is a directory
// of snapshots that a storage system has mounted there. Where tar
// cannot exclude it, everything beside it is named.
//
//go:embed pack.sh
var script string

// argv is the command to run in the container.
func argv(nonce, root, sub string, paths []string) []string {
	args := []string{"sh", "-c", script, "sh", nonce, root, sub}
	for _, p := range paths {
		if p != "." {
			p = "./" + p // also what begins with a dash is no option then
		}
		args = append(args, p)
	}
	return args
}
