package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// sentence is a status in words, "" if there is nothing to report yet.
func sentence(currentTime time.Time, s status) string {
	reason, since := waitingFor(currentTime, s)
	text := reason + since
	if text == "" {
		text = strings.Join(facts(s, true), ", ")
	}
	if text == "" {
		return ""
	}
	return prefix(s.job) + text
}

// waitingFor returns what a transfer waits for, and for how long; both are empty if
// it does not wait.
func waitingFor(currentTime time.Time, s status) (reason, since string) {
	if s.waiting == "" {
		return "", ""
	}
	if waited := currentTime.Sub(s.since).Round(time.Second); waited >= time.Second {
		since = fmt.Sprintf(" (%s)", waited)
	}
	return printable.Fold(s.waiting), since
}

// facts are the known facts of a transfer, the most important first; percent includes
// the percentage.
func facts(s status, percent bool) []string {
	progress := s.progress
	if progress == (At{}) {
		return nil
	}
	bytes := humanize.IBytes(uint64(max(progress.Bytes, 0)))
	if progress.TotalBytes > 0 {
		bytes += " of " + humanize.IBytes(uint64(progress.TotalBytes))
		if percent {
			bytes += fmt.Sprintf(" (%d%%)", progress.percent())
		}
	}
	parts := []string{bytes}
	if s.rate > 0 {
		parts = append(parts, humanize.IBytes(uint64(s.rate))+"/s")
	}
	if s.remaining >= 0 {
		parts = append(parts, s.remaining.Round(time.Second).String()+" left")
	}
	files := humanize.Comma(progress.Files)
	if progress.TotalFiles > 0 {
		files += " of " + humanize.Comma(progress.TotalFiles)
	}
	files += plural.Choose(int(max(progress.Files, progress.TotalFiles)), " file", " files")
	parts = append(parts, files)
	if progress.Transport != "" {
		parts = append(parts, progress.Transport)
	}
	return parts
}

// percent is below 100 until all bytes are transferred.
func (a At) percent() int64 {
	if a.TotalBytes <= 0 {
		return 0
	}
	return min(100, int64(float64(a.Bytes)/float64(a.TotalBytes)*100))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
