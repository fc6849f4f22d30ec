package tar

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/capped"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// mostMessages is the maximum length of the messages that are kept, in bytes.
const mostMessages = 64 << 10

// messages collects what a remote program writes to its standard error.
type messages struct{ *capped.Buffer }

func newMessages() messages { return messages{capped.NewBuffer(mostMessages)} }

// socketLine is the message of GNU tar and busybox about a socket that they skipped. Their exit status is then 0.
var socketLine = regexp.MustCompile(`^tar: (.+): socket ignored$`)

// takeSockets removes the lines about sockets, and returns their names as tar has them.
func (m messages) takeSockets() (names []string) {
	m.Edit(func(text []byte) (rest []byte) {
		for line := range bytes.Lines(text) {
			if match := socketLine.FindSubmatch(bytes.TrimRight(line, "\r\n")); match != nil {
				names = append(names, unquoted(string(match[1])))
			} else {
				rest = append(rest, line...)
			}
		}
		return rest
	})
	return names
}

// changedLine is the message of GNU tar about a file or directory that changed while it was read. Its exit status is then 1.
var changedLine = regexp.MustCompile(`^tar: (.+): file changed as we read it$`)

// changed returns the names of files that changed while tar read them, as tar has them. It returns nil if there are
// other messages.
func (m messages) changed() (names []string) {
	for line := range bytes.Lines(m.Bytes()) {
		match := changedLine.FindSubmatch(bytes.TrimRight(line, "\r\n"))
		if match == nil || m.Truncated() {
			return nil
		}
		names = append(names, unquoted(string(match[1])))
	}
	return names
}

// quotedByte is the notation of GNU tar for a byte of a name that is not printable or is special in a message.
var quotedByte = regexp.MustCompile(`\\([0-7]{3}|.)`)

// unquoted returns the real name for a name in a message of GNU tar.
func unquoted(name string) string {
	return quotedByte.ReplaceAllStringFunc(name, func(quoted string) string {
		if code, err := strconv.ParseUint(quoted[1:], 8, 8); err == nil && len(quoted) == len(`\000`) {
			return string([]byte{byte(code)})
		}
		if index := strings.IndexByte("abfnrtv", quoted[1]); index >= 0 {
			return "\a\b\f\n\r\t\v"[index : index+1]
		}
		return quoted[1:]
	})
}

// lines returns the messages so far, one per line, with control characters escaped.
func (m messages) lines() []string {
	var lines []string
	for line := range strings.Lines(m.String()) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, printable.Escape(line))
		}
	}
	if m.Truncated() {
		lines = append(lines, "(further messages were dropped)")
	}
	return lines
}
