package results

import (
	"cmp"
	"encoding/base64"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// Outcome is the result of one fetch. Its JSON is the output of fetch -o json.
type Outcome struct {
	// Job is empty for a claim of no job.
	Job       string `json:"job"`
	Namespace string `json:"namespace"`
	Claim     string `json:"claim"`
	// Dir is the local directory as requested; empty if To is set.
	Dir string `json:"dir"`
	// To is the destination in a bucket.
	To string `json:"to,omitempty"`
	// Plan means that nothing was copied.
	Plan bool `json:"plan,omitempty"`
	// Files and Bytes count the requested files that are at the destination now.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// PlanFiles and PlanBytes count those that were missing or outdated there before.
	PlanFiles int   `json:"planFiles"`
	PlanBytes int64 `json:"planBytes"`
	// WireBytes is the number of bytes on the network.
	WireBytes int64 `json:"wireBytes"`
	// HelperSeconds is the time until files could be read.
	HelperSeconds   float64 `json:"helperSeconds"`
	TransferSeconds float64 `json:"transferSeconds"`
	TotalSeconds    float64 `json:"totalSeconds"`
	Transport       string  `json:"transport"`
	Compression     string  `json:"compression"`
	Verified        bool    `json:"verified"`
	// Refused were not copied, which makes the fetch incomplete.
	Refused []Entry `json:"refused"`
	// Skipped are no part of the results.
	Skipped []Entry `json:"skipped"`
	// Unsettled may have changed while they were read.
	Unsettled []string `json:"unsettled"`
	// Growing grew while they were read: only the beginning was copied.
	Growing []string `json:"growing"`
	// GrowingBase64 are the bytes of the names in Growing that are not UTF-8, in the same order.
	GrowingBase64 []string `json:"growingBase64,omitempty"`
	// Error is the reason of a failure.
	Error string `json:"error,omitempty"`

	// Received is the content that was transferred, in bytes. After a complete fetch it is PlanBytes.
	Received int64 `json:"-"`
	// Kept counts files and links that were already present, and Directories the directories at the destination.
	Kept        int  `json:"-"`
	Directories int  `json:"-"`
	Complete    bool `json:"-"`
	// Empty says what has no files; "" if there are files or that is not known.
	Empty string `json:"-"`

	started, opened time.Time
	// maxReceived is the highest Received during the fetch. Received can decrease when a stream is retried.
	maxReceived int64
}

// Entry is a file that was not copied, and why.
type Entry struct {
	Path string `json:"path"`
	// PathBase64 are the bytes of Path if they are not UTF-8: JSON cannot represent them.
	PathBase64 string `json:"pathBase64,omitempty"`
	Reason     string `json:"reason"`
}

// Destination returns the local directory or the location in the bucket.
func (o *Outcome) Destination() string { return cmp.Or(o.To, displayedDirectory(o.Dir)) }

// displayedDirectory begins a relative path with ./, so that it is recognized as a directory.
func displayedDirectory(dir string) string {
	if clean := filepath.Clean(dir); clean != "." && filepath.IsLocal(clean) {
		return "." + string(filepath.Separator) + clean
	}
	return dir
}

// newOutcome returns an outcome whose lists are empty, not null, in JSON.
func newOutcome() *Outcome {
	return &Outcome{Refused: []Entry{}, Skipped: []Entry{}, Unsettled: []string{}, Growing: []string{}}
}

// startedOutcome returns the outcome of a fetch that starts.
func startedOutcome(d destination, plan bool, started time.Time) *Outcome {
	out := newOutcome()
	out.Dir, out.Plan = d.dir, plan
	out.started = started
	if d.to.Bucket != "" {
		out.Dir, out.To = "", d.to.String()
	}
	return out
}

// failedOutcome returns the outcome of a job whose results were not found.
func failedOutcome(namespace, name, dir string, err error) *Outcome {
	out := newOutcome()
	out.Job, out.Namespace = name, namespace
	out.Dir = dir
	out.Error = err.Error()
	return out
}

// setLocation records the job and claim. claimRequested means that the user has named the claim.
func (o *Outcome) setLocation(l *resultsLocation, claimRequested bool) {
	o.Namespace = l.namespace
	if l.pod == nil {
		o.Claim = l.claim.Name
	}
	switch {
	case l.job != nil:
		o.Job = l.job.Name
	case !claimRequested:
		o.Job = l.name // the job was deleted
	}
}

// setOpened records when files could first be read.
func (o *Outcome) setOpened(now time.Time) {
	if o.opened.IsZero() {
		o.opened = now
	}
}

// setResult records the result of the engine.
func (o *Outcome) setResult(result transfer.Result, used usage, now time.Time) {
	o.Files = result.Files + result.Symlinks + result.HardLinks
	o.Bytes = result.Bytes
	o.PlanFiles, o.PlanBytes = result.PlanFiles, result.PlanBytes
	o.Transport, o.Compression = used.transport, used.compression
	o.WireBytes = used.wire
	o.Kept, o.Directories = result.Kept, result.Dirs
	o.Complete, o.Verified = result.Complete, result.Verified
	if o.PlanFiles == 0 && o.Files > o.Kept { // without a plan, or only links were copied
		o.PlanFiles, o.PlanBytes = o.Files-o.Kept, o.Received
	}
	if o.Complete {
		o.Received = o.PlanBytes
	}
	if o.To != "" { // the pod sent the files to the bucket as they are
		o.Transport, o.Compression = "s3", "none"
		o.WireBytes = o.Received
	}
	o.Growing = append(o.Growing, result.Growing...)
	for _, path := range result.Growing {
		if encoded := encodeNonUTF8(path); encoded != "" {
			o.GrowingBase64 = append(o.GrowingBase64, encoded)
		}
	}
	o.Unsettled = append(o.Unsettled, result.Unsettled...)
	o.Refused = append(o.Refused, entries(result.Refused)...)
	o.Skipped = append(o.Skipped, entries(result.Skipped)...)
	o.setTimes(now)
}

func entries(refusals []transfer.Refusal) []Entry {
	list := make([]Entry, 0, len(refusals))
	for _, r := range refusals {
		list = append(list, Entry{r.Path, encodeNonUTF8(r.Path), r.Reason})
	}
	return list
}

// encodeNonUTF8 returns the bytes of a name in base64; empty if JSON can represent the name.
func encodeNonUTF8(name string) string {
	if utf8.ValidString(name) {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(name))
}

func (o *Outcome) setTimes(now time.Time) {
	o.TotalSeconds = seconds(now.Sub(o.started))
	if o.opened.IsZero() {
		o.HelperSeconds = o.TotalSeconds
		return
	}
	o.HelperSeconds = seconds(o.opened.Sub(o.started))
	o.TransferSeconds = seconds(now.Sub(o.opened))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
