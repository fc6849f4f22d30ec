package fetch

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// outcome is what one fetch did: what -o json shows, and what the sentence at
// the end is made of.
type outcome struct {
	// Job is empty for a claim that is of no job.
	Job       string `json:"job"`
	Namespace string `json:"namespace"`
	Claim     string `json:"claim"`
	// Dir is where the files are, as it was typed; empty where To is.
	Dir string `json:"dir"`
	// To is where in a bucket they are.
	To string `json:"to,omitempty"`
	// Plan says that nothing was copied.
	Plan bool `json:"plan,omitempty"`
	// Files and Bytes are what of all that was asked for is in Dir now.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// PlanFiles and PlanBytes are what of it had to come, or would.
	PlanFiles int   `json:"planFiles"`
	PlanBytes int64 `json:"planBytes"`
	// WireBytes is what was sent for it.
	WireBytes int64 `json:"wireBytes"`
	// HelperSeconds is the time until the files could be read.
	HelperSeconds   float64   `json:"helperSeconds"`
	TransferSeconds float64   `json:"transferSeconds"`
	TotalSeconds    float64   `json:"totalSeconds"`
	Transport       string    `json:"transport"`
	Compression     string    `json:"compression"`
	Verified        bool      `json:"verified"`
	Refused         []refusal `json:"refused"`
	// Skipped is what is no part of the results.
	Skipped []refusal `json:"skipped"`
	// Unsettled are files of results in use that may have changed while they were read.
	Unsettled []string `json:"unsettled"`
	// Growing are files of which the beginning is here: they got longer meanwhile.
	Growing []string `json:"growing"`
	// GrowingBase64 are the bytes of those of Growing that are not UTF-8, in the same order.
	GrowingBase64 []string `json:"growingBase64,omitempty"`
	// Error is what went wrong, in the words that people get.
	Error string `json:"error,omitempty"`

	began, ready time.Time
	// came is the content that is here, in bytes; most is what it was before
	// a stream was lost.
	came, most int64
	// kept files were there already, dirs counts what is no file.
	kept, dirs int
	complete   bool
	// noFiles says what holds no files; "" where there are some, or where that is not known.
	noFiles string
}

type refusal struct {
	Path string `json:"path"`
	// PathBase64 is the bytes of Path where they are not UTF-8: JSON cannot hold them.
	PathBase64 string `json:"pathBase64,omitempty"`
	Reason     string `json:"reason"`
}

// notUTF8 is the bytes of a name in base64, empty where the name can be in JSON as it is.
func notUTF8(name string) string {
	if utf8.ValidString(name) {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(name))
}

// emptyOutcome has lists that are shown as such, even with nothing in them.
func emptyOutcome() *outcome {
	return &outcome{Refused: []refusal{}, Skipped: []refusal{}, Unsettled: []string{}, Growing: []string{}}
}

// blankOutcome is that of a fetch that is about to begin.
func (o *Options) blankOutcome() *outcome {
	out := emptyOutcome()
	out.Dir, out.Plan, out.began = o.dir, o.engine.Plan, o.began
	if o.engine.To.Bucket != "" {
		out.Dir, out.To = "", o.engine.To.String()
	}
	return out
}

func (o *Options) newOutcome(from *found) *outcome {
	out := o.blankOutcome()
	out.Namespace = o.namespace
	if from.pod == nil {
		out.Claim = from.claim.Name
	}
	switch {
	case from.job != nil:
		out.Job = from.job.Name
	case o.claim == "":
		out.Job = from.name // it is gone
	}
	return out
}

// failed is the outcome of a job whose results were not even found.
func (o *Options) failed(name, dir string, err error) *outcome {
	out := emptyOutcome()
	out.Job, out.Namespace, out.Dir, out.Error = name, o.namespace, dir, err.Error()
	return out
}

// opened notes when the files could first be read.
func (out *outcome) opened(now time.Time) {
	if out.ready.IsZero() {
		out.ready = now
	}
}

// take fills in what the engine did.
func (out *outcome) take(result transfer.Result, way way, now time.Time) {
	out.Files = result.Files + result.Symlinks + result.HardLinks
	out.Bytes, out.PlanFiles, out.PlanBytes = result.Bytes, result.PlanFiles, result.PlanBytes
	out.Transport, out.Compression, out.WireBytes = way.Transport, way.Compression, way.Wire
	out.kept, out.dirs, out.complete, out.Verified = result.Kept, result.Dirs, result.Complete, result.Verified
	if out.PlanFiles == 0 && out.Files > out.kept { // it came without a plan, or only links did
		out.PlanFiles, out.PlanBytes = out.Files-out.kept, out.came
	}
	if out.complete {
		out.came = out.PlanBytes
	}
	if out.To != "" { // it came past this machine, as it is
		out.Transport, out.Compression, out.WireBytes = "s3", "none", out.came
	}
	out.Growing = append(out.Growing, result.Growing...)
	for _, path := range result.Growing {
		if raw := notUTF8(path); raw != "" {
			out.GrowingBase64 = append(out.GrowingBase64, raw)
		}
	}
	out.Unsettled = append(out.Unsettled, result.Unsettled...)
	for _, r := range result.Refused {
		out.Refused = append(out.Refused, refusal{r.Path, notUTF8(r.Path), r.Reason})
	}
	for _, r := range result.Skipped {
		out.Skipped = append(out.Skipped, refusal{r.Path, notUTF8(r.Path), r.Reason})
	}
	out.times(now)
}

func (out *outcome) times(now time.Time) {
	out.TotalSeconds = seconds(now.Sub(out.began))
	if out.ready.IsZero() {
		out.HelperSeconds = out.TotalSeconds
		return
	}
	out.HelperSeconds, out.TransferSeconds = seconds(out.ready.Sub(out.began)), seconds(now.Sub(out.ready))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// sentence says what is here now, empty where nothing is.
func (out *outcome) sentence() string {
	there := fmt.Sprintf("%s, %s, in %s", files(out.Files), size(out.Bytes), out.place())
	switch {
	case out.noFiles != "" && out.Error == "":
		return "No files: " + out.noFiles + out.emptyDirs()
	case out.Plan:
		return out.planSentence(there)
	case out.Files+out.dirs == 0:
		return ""
	case out.complete && out.kept > 0 && out.kept == out.Files:
		return "Up to date: " + there + out.leftOut()
	}
	return fmt.Sprintf("Fetched %s, %s%s in %s to %s%s%s", files(out.Files-out.kept), size(out.came), out.wire(),
		howLong(out.TotalSeconds), out.place(), out.present(), out.proof())
}

// planSentence says what a fetch would do; there describes the files in the destination.
func (out *outcome) planSentence(there string) string {
	switch {
	case out.Error != "":
		return ""
	case out.PlanFiles == 0 && out.kept > 0:
		return "Nothing to fetch: all files are already present: " + there
	}
	return fmt.Sprintf("Would fetch %s, %s, to %s%s", files(out.PlanFiles), size(out.PlanBytes), out.place(), out.present())
}

// emptyDirs counts the directories that were copied although there are no files.
func (out *outcome) emptyDirs() string {
	switch {
	case out.dirs == 0 || out.Plan:
		return ""
	case out.dirs == 1:
		return fmt.Sprintf(" (1 directory is in %s)", out.place())
	}
	return fmt.Sprintf(" (%s directories are in %s)", humanize.Comma(int64(out.dirs)), out.place())
}

// place is where the files are, or go.
func (out *outcome) place() string { return cmp.Or(out.To, folder(out.Dir)) }

// present counts the files that were skipped because they are already present.
func (out *outcome) present() string {
	if out.kept == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s already present)", humanize.Comma(int64(out.kept)))
}

// wire says what was sent where that is less than what came.
func (out *outcome) wire() string {
	const worthTelling = 0.95
	if out.WireBytes == 0 || float64(out.WireBytes) > worthTelling*float64(out.came) {
		return ""
	}
	return fmt.Sprintf(" (%s over the network)", size(out.WireBytes))
}

// proof says how sure it is.
func (out *outcome) proof() string {
	switch {
	case len(out.Refused) > 0:
		return out.leftOut()
	case !out.complete:
		return "; incomplete"
	case out.Verified:
		return "; every file verified"
	}
	return "; not verified"
}

func (out *outcome) leftOut() string {
	if len(out.Refused) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s not copied", humanize.Comma(int64(len(out.Refused))))
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return humanize.Comma(int64(n)) + " files"
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// folder is dir so that it is seen to be one.
func folder(dir string) string {
	if clean := filepath.Clean(dir); clean != "." && filepath.IsLocal(clean) {
		return "." + string(filepath.Separator) + clean
	}
	return dir
}

// howLong is as precise as it matters.
func howLong(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
