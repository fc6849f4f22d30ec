// Package archive unpacks tar streams into a directory, and proves that a
// stream reached its end.
//
// What it promises:
//   - A stream that was cut anywhere, also between two entries where package
//     archive/tar reports success, is told from a whole one (Reader). The proof
//     is a trailer inside the stream that only a finished sender writes.
//   - Everything is written below one os.Root, never through a symlink, and only
//     under names that the stream gave. What would lead out, is no file,
//     directory or link, or has no name here is refused by name; the rest goes on.
//   - A regular file has its final name only when all its bytes are there.
//   - Permission bits, modification times, symlinks that stay inside, hard links,
//     empty directories and holes survive, where the local file system has them.
//
// What it does not promise: owners, extended attributes, setuid, setgid and
// sticky bits, and the modification times of symlinks are not restored; nothing
// is flushed to the disk; names that differ only in their Unicode normal form
// are not told apart on file systems that fold them.
package archive
