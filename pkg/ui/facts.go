package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// sentence is a status in words, empty where there is nothing to say yet.
func sentence(now time.Time, s status) string {
	reason, since := waitingFor(now, s)
	text := reason + since
	if text == "" {
		text = strings.Join(facts(s, true), ", ")
	}
	if text == "" {
		return ""
	}
	return prefix(s.job) + text
}

// waitingFor is what a transfer waits for, and since when; both are empty where
// it does not wait.
func waitingFor(now time.Time, s status) (reason, since string) {
	if s.waiting == "" {
		return "", ""
	}
	if waited := now.Sub(s.since).Round(time.Second); waited >= time.Second {
		since = fmt.Sprintf(" (%s)", waited)
	}
	return printable.Fold(s.waiting), since
}

// facts are what is known of a transfer, the most important first; percent says
// whether that is one of them.
func facts(s status, percent bool) []string {
	at := s.at
	if at == (At{}) {
		return nil
	}
	bytes := humanize.IBytes(uint64(max(at.Bytes, 0)))
	if at.TotalBytes > 0 {
		bytes += " of " + humanize.IBytes(uint64(at.TotalBytes))
		if percent {
			bytes += fmt.Sprintf(" (%d%%)", at.percent())
		}
	}
	all := []string{bytes}
	if s.rate > 0 {
		all = append(all, humanize.IBytes(uint64(s.rate))+"/s")
	}
	if s.left >= 0 {
		all = append(all, s.left.Round(time.Second).String()+" left")
	}
	files := humanize.Comma(at.Files)
	if at.TotalFiles > 0 {
		files += " of " + humanize.Comma(at.TotalFiles)
	}
	if at.Files == 1 && at.TotalFiles <= 1 {
		files += " file"
	} else {
		files += " files"
	}
	all = append(all, files)
	if at.Transport != "" {
		all = append(all, at.Transport)
	}
	return all
}

// percent is below 100 until all is there.
func (at At) percent() int64 {
	if at.TotalBytes <= 0 {
		return 0
	}
	return min(100, int64(float64(at.Bytes)/float64(at.TotalBytes)*100))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
