// Package s3mirror keeps the files of a tree in a bucket as they are, one object a file, and
// brings them back.
//
// What it promises: an object's name is the file's path below the place that was named; what
// kind of text it is, its time and its mode go with it; the store proves by an MD5 of each part
// that it has what was read, and the SHA-256 of that stands in a list for sha256sum. What is
// there already and the same is not sent again, and no object is overwritten that was not
// put there for the same tree. A copy that is broken off goes on where it was.
//
// Beside the files lie three objects of its own: the list of sums, an index, from which a later
// copy knows what is there, and while a copy runs a lock. Directories, symbolic links, and which
// files are one under several names, stand in the index only.
package s3mirror
