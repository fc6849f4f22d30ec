// Package s3 accesses an S3 store: locations in a bucket, the credentials and endpoint that
// the AWS CLI would use, pre-signed requests for processes without credentials, and the
// meaning of a store's errors.
//
// What it promises: a secret key leaves this process only inside a signature; each error is
// one sentence that names the failed operation; requests have checksums only where S3
// requires them, so that Ceph, MinIO and similar stores support every request.
package s3
