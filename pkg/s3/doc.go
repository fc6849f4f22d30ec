// Package s3 is the way of results through an S3 store: where in a bucket things
// lie, the credentials and endpoint that the AWS CLI would use, pre-signed requests for
// those who have no credentials, and what a store's refusals mean.
//
// What it promises: a key never leaves this process but inside a signature; whatever
// goes wrong is told in one sentence with what was tried; checksums are only asked for
// where S3 requires them, so that Ceph, MinIO and their like understand every request.
package s3
