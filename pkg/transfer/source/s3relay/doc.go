// Package s3relay is the transfer.Source whose files take the way through a bucket: the
// agent packs them into objects of about 64 MiB, which it puts there with pre-signed
// requests, and this process reads each as soon as it is there.
//
// What it promises: several objects are on their way at the same time, and no more of them
// in the bucket than a few for each stream that is open; each is removed when its files are
// here, but where they are to be kept. What a process before left in the bucket
// is used and not packed again, as long as the file is what it was. Every
// object proves its end and the hash of each file in it.
//
// What it does not promise: to bring lists and hashes of local parts through the
// bucket. Those come from the agent, and are small.
package s3relay
