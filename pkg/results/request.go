package results

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// Request says what to fetch, where to, and how. A fetch never changes it.
type Request struct {
	// Namespace of the job or claim, which Fetch requires. For FetchJobs, the empty string (metav1.NamespaceAll) means
	// all namespaces. Then each namespace has its own directory, and messages name it. Stored needs no namespace.
	Namespace string
	// Job, Claim or Stored is the source. Stored is a location in a bucket that an earlier fetch has written to. All are
	// empty in a request of FetchJobs.
	Job    job.Ref
	Claim  string
	Stored s3.Location
	// Last is the last known state of Job, which may have been deleted since; nil if it is not known.
	Last *batchv1.Job
	// Selecting are the flags that select the jobs, for command lines in messages. FetchJobs requires them.
	Selecting []string

	// Paths are files and directories as the job saw them, or relative to the volume.
	Paths []string
	// Tasks of an array job; nil for all.
	Tasks Tasks
	// Filter selects files. Patterns are its globs as the user wrote them.
	Filter   gitignore.Filter
	Patterns []string
	// KeepLinks recreates symbolic links that lead out of the results; otherwise they are skipped.
	KeepLinks bool
	// Anyway fetches from the claim of a job even if another job uses the claim now.
	Anyway bool
	// Mark marks the results as fetched even if only a part of them is selected.
	Mark bool
	// Plan only reports what would be copied.
	Plan bool

	// Dir is the local destination; empty for ./JOB. With several jobs it is their parent directory.
	Dir string
	// Force overwrites local files that no fetch wrote, or that were changed since.
	Force bool
	// Checksum compares local files by content instead of size and time.
	Checksum bool
	// Manifest is a file for the SHA-256 sums; empty for none.
	Manifest string

	Transfer Transfer
	Bucket   Bucket
	Helper   Helper
}

// Transfer says how files are transferred.
type Transfer struct {
	// Transport is auto, tunnel, exec or tar; empty for auto.
	Transport string
	// Compress is auto, zstd, s2 or none; empty for auto.
	Compress string
	// Parallel is the number of streams; 0 for the default.
	Parallel int
	// LimitRate is in bytes per second on the network; 0 for no limit.
	LimitRate int64
	// Retries is how often in a row an interrupted stream is retried; 0 for never.
	Retries int
}

// Bucket says whether files pass through an S3 bucket or are stored in one, and where.
type Bucket struct {
	// Via is a location in a bucket that the files pass through; without a bucket they do not.
	Via s3.Location
	// ViaSetting is the flag or the variable that names Via.
	ViaSetting string
	// To is the destination in a bucket; without a bucket the destination is a local directory.
	To s3.Location
	// Store says how the bucket is reached.
	Store s3.Options
	// KeepObjects keeps the objects that Via wrote.
	KeepObjects bool
}

// Helper describes the helper pod.
type Helper struct {
	// Image is JobImage for the image of the job, and empty for helper.DefaultImage. Chosen means that the user selected
	// it: then no other one is tried.
	Image  string
	Chosen bool
	// CPU and Memory are limits; 0 for DefaultHelperCPU and DefaultHelperMemory.
	CPU, Memory resource.Quantity
	// StartLimit is how long the pod may take to start; 0 for helper.DefaultStartLimit.
	StartLimit time.Duration
	// Labels and Annotations are added to the pod, for a site that requires them on every pod.
	Labels, Annotations map[string]string
	// ServiceAccount is empty for that of the job. PullSecrets are used in addition to those of the job.
	ServiceAccount string
	PullSecrets    []corev1.LocalObjectReference
	// Keep keeps the pod for the next fetch.
	Keep bool
}

const (
	// Auto leaves a choice to measurements.
	Auto = "auto"
	// JobImage stands for the image of the job itself.
	JobImage = "job"

	// DefaultHelperCPU is the default CPU limit of a helper pod.
	DefaultHelperCPU = "1"
	// DefaultHelperMemory is the default memory limit of a helper pod.
	DefaultHelperMemory = "256Mi"
)

// setDefaults sets the fields that have a default and are not set.
func (r *Request) setDefaults() {
	r.Transfer.Transport = cmp.Or(r.Transfer.Transport, Auto)
	r.Transfer.Compress = cmp.Or(r.Transfer.Compress, Auto)
	r.Helper.Image = cmp.Or(r.Helper.Image, helper.DefaultImage)
	if r.Helper.CPU.IsZero() {
		r.Helper.CPU = resource.MustParse(DefaultHelperCPU)
	}
	if r.Helper.Memory.IsZero() {
		r.Helper.Memory = resource.MustParse(DefaultHelperMemory)
	}
}

// severalNamespaces reports whether the jobs can be in several namespaces.
func (r *Request) severalNamespaces() bool { return r.Namespace == metav1.NamespaceAll }

// named returns the name of an object, with its namespace if there can be several.
func (r *Request) named(namespace, name string) string {
	if r.severalNamespaces() {
		return namespace + "/" + name
	}
	return name
}

// throughBucket returns the setting that makes files pass through a bucket; "" for none.
func (r *Request) throughBucket() string {
	switch {
	case r.Bucket.To.Bucket != "":
		return "--to=" + r.Bucket.To.String()
	case r.Bucket.Via.Bucket != "":
		return r.Bucket.ViaSetting + "=" + r.Bucket.Via.String()
	}
	return ""
}

// helperRequired returns the setting that requires a helper pod; "" for none.
func (r *Request) helperRequired() string {
	if setting := r.throughBucket(); setting != "" {
		return setting
	}
	if agentRequired(r.Transfer.Transport) {
		return "--transport=" + r.Transfer.Transport
	}
	return ""
}

// agentRequired reports whether a transport requires the agent.
func agentRequired(transport string) bool { return transport == "tunnel" || transport == "exec" }

// engineRetries returns Retries as transfer.Request has it, where 0 stands for the default.
func (r *Request) engineRetries() int {
	if r.Transfer.Retries == 0 {
		return -1
	}
	return r.Transfer.Retries
}

// target returns the words of the command line that name the source.
func (r *Request) target() []string {
	switch {
	case len(r.Selecting) > 0:
		return r.Selecting
	case r.Claim != "":
		return []string{"pvc/" + r.Claim}
	}
	return []string{string(r.Job)}
}

// localForm matches the beginning of local paths, also of those of Windows.
var localForm = regexp.MustCompile(`^([A-Za-z]:[\\/]|\.\.[\\/]|~[\\/]|\.\\|\\\\)`)

// CheckPaths returns an error if the last path can only be a local directory: users expect the destination there.
func (r *Request) CheckPaths(commands Commands) error {
	if len(r.Paths) == 0 {
		return nil
	}
	last := r.Paths[len(r.Paths)-1]
	if slices.Contains([]string{".", "..", "~", "./", `.\`}, last) || localForm.MatchString(last) {
		return r.localPathError(commands)
	}
	return nil
}

// lastPathIsLocal reports whether the last path, which does not exist on the volume, is a local directory.
func (r *Request) lastPathIsLocal() bool {
	if len(r.Paths) == 0 || r.Paths[len(r.Paths)-1] == "/" { // the whole volume
		return false
	}
	last := r.Paths[len(r.Paths)-1]
	if strings.HasPrefix(last, "./") {
		return true
	}
	info, err := os.Stat(filepath.FromSlash(last))
	return err == nil && info.IsDir()
}

// localPathError returns the error for a local directory in place of PATH, with the command that copies to it.
func (r *Request) localPathError(commands Commands) error {
	last := len(r.Paths) - 1
	words := slices.Concat([]string{"fetch"}, r.target(), r.Paths[:last], []string{"-d", r.Paths[last]})
	return requestErrorf("invalid PATH %q: it looks like a local directory; to copy to it, run \"%s\"", r.Paths[last], commands.Line(words...))
}

// destination is where the files of one job are copied to.
type destination struct {
	dir string
	// to is in a bucket; without a bucket, dir is the destination.
	to s3.Location
}

func (r *Request) destination() destination { return destination{dir: r.Dir, to: r.Bucket.To} }

// below returns the part of the destination that belongs to one of several jobs or namespaces.
func (d destination) below(name string) destination {
	d.dir = filepath.Join(d.dir, name)
	if d.to.Bucket != "" {
		d.to = d.to.At(name)
	}
	return d
}
