// Package s3relay is the transfer.Source that transfers files through a bucket: the agent
// packs them into objects of about 64 MiB, which it stores with pre-signed requests, and
// this process reads each object as soon as it is complete.
//
// What it promises: several objects are transferred at the same time, and the bucket has
// only a few objects for each open stream. Each object is removed after its files were
// copied, unless Keep is set. Objects of an earlier process are used if their files are
// unchanged. Every object contains a proof of its end and the hash of each file.
//
// What it does not promise: to transfer lists and hashes of partial files through the
// bucket. They are small and come from the agent directly.
package s3relay
