// Package s3mirror copies the files of a tree to a bucket, one object per file, and back.
//
// What it promises:
//   - The key of an object is the file's path below the location. The object has the content
//     type, the time and the mode of the file.
//   - The store verifies the MD5 of each part, and the SHA-256 of each file is in a list for
//     sha256sum.
//   - Files that are already in the bucket and identical are not sent again.
//   - An object is only overwritten if it was written for the same tree, or with Force.
//   - An interrupted copy is resumed.
//
// Besides the files, there are three objects: the list of sums, an index, which describes the
// contents for a later copy, and a lock while a copy runs. Only the index contains
// directories, symbolic links, and which names belong to the same file.
package s3mirror
