package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The keys of the store's users, of which the first may do everything. Nothing is protected by them: they are for tests of
// what happens with right and wrong ones.
const (
	StoreKey    = "cluster"
	StoreSecret = "cluster-secret"
	// The guest may only do what the policy of a bucket allows.
	GuestKey    = "guest"
	GuestSecret = "guest-secret"
)

// Store returns the address of the S3 store, and its certificate.
type Store struct {
	Endpoint, CA string
	// Data holds a directory for each bucket, with a file for each object.
	Data string
}

// Store describes the store of a cluster that is up. Pods reach it, too.
func (c *Cluster) Store() Store {
	return Store{
		Endpoint: fmt.Sprintf("https://%s:%d", c.block().Gateway(), c.state.S3Port), CA: c.run("pki", "ca.crt"), Data: c.run("s3"),
	}
}

// storeUsers writes the accounts beside that of root, as the store reads them.
func (c *Cluster) storeUsers() error {
	type account struct {
		Access string `json:"access"`
		Secret string `json:"secret"`
		Role   string `json:"role"`
	}
	text, err := json.Marshal(map[string]any{"accessAccounts": map[string]account{GuestKey: {GuestKey, GuestSecret, "user"}}})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.run("users-s3"), "users.json"), text, 0o600)
}

// forgetBuckets removes what the store keeps beside buckets that tests have removed: it is more
// than was in them.
func (c *Cluster) forgetBuckets() error {
	entries, err := os.ReadDir(c.run("metadata-s3"))
	for _, entry := range entries {
		if _, statErr := os.Stat(filepath.Join(c.run("s3"), entry.Name())); errors.Is(statErr, fs.ErrNotExist) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(c.run("metadata-s3"), entry.Name())))
		}
	}
	return err
}

// startStore returns when the store listens.
func (c *Cluster) startStore(ctx context.Context) error {
	if err := errors.Join(c.storeUsers(), c.forgetBuckets()); err != nil {
		return err
	}
	spec := c.spec("s3", controlGroup,
		filepath.Join(c.bins.s3, "versitygw"), fmt.Sprintf("--port=:%d", c.state.S3Port), "--region=us-east-1",
		"--cert="+c.ca.Cert("s3"), "--key="+c.ca.Key("s3"), "--quiet", "--keep-alive", "--iam-dir="+c.run("users-s3"), "--iam-cache-disable",
		"posix", "--sidecar="+c.run("metadata-s3"), c.run("s3"))
	spec.Env = []string{"ROOT_ACCESS_KEY_ID=" + StoreKey, "ROOT_SECRET_ACCESS_KEY=" + StoreSecret}
	if _, err := c.table.Ensure(spec); err != nil {
		return err
	}
	return c.await(ctx, "s3", func(context.Context) bool { return listening(c.state.S3Port) })
}
