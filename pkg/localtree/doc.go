// Package localtree fills a local directory from a remote tree.
//
// What it promises:
//   - Everything is written below one os.Root, never through a symlink, and only
//     under names that the source gave (Tree). What would lead out, is no file,
//     directory or link, or has no name here, or one that the file system does not tell from another's,
//     is refused by name; the rest goes on.
//   - A regular file has its final name only when all its bytes are there. Until
//     then they are in a partial file beside it, which a later process can go on
//     with, and which is never the user's own (Partial).
//   - Permission bits, modification times, symlinks that stay inside, hard links,
//     empty directories and holes survive, where the local file system has them.
//   - Two processes that ask do not fill the same directory at a time (Lock).
//
// What it does not promise: owners, extended attributes, setuid, setgid and
// sticky bits, and the modification times of symlinks are not restored; nothing
// is flushed to the disk, so that after a loss of power a file may lack content;
// that a file was not changed here between a look at it and its replacement.
package localtree
