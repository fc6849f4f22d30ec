// Package localtree fills a local directory from a remote tree.
//
// What it promises:
//   - Everything is written below one os.Root, never through a symlink, and only
//     under names from the source (Tree). An entry is refused by name if it leads out of
//     the root, is not a file, directory or link, or has a name that the local file system
//     does not support or does not distinguish from another one. The other entries are written.
//   - A regular file gets its final name when it is complete. Until then, its content is in
//     a partial file in the same directory. A later process can resume it. A partial file
//     never replaces a file of the user (Partial).
//   - Permission bits, modification times, symlinks that stay inside, hard links,
//     empty directories and holes are restored, if the local file system supports them.
//   - Two processes that call Lock do not write to the same directory at the same time.
//
// What it does not promise: owners, extended attributes, setuid, setgid and
// sticky bits, and the modification times of symlinks are not restored; nothing
// is flushed to the disk, so that after a loss of power a file may lack content;
// that a local file was not changed between its inspection and its replacement.
package localtree
