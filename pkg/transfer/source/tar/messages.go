package tar

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// mostMessages is how many bytes of a remote program's messages are kept.
const mostMessages = 64 << 10

// messages collects what a remote program writes to its standard error.
type messages struct {
	mutex     sync.Mutex
	text      []byte
	truncated bool
}

// Write implements io.Writer. It takes everything, also what it does not keep.
func (m *messages) Write(p []byte) (int, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	keep := min(len(p), mostMessages-len(m.text))
	m.text = append(m.text, p[:keep]...)
	m.truncated = m.truncated || keep < len(p)
	return len(p), nil
}

// socketLine is what GNU tar and busybox write about a socket, and then end with status 0: it is in no archive.
var socketLine = regexp.MustCompile(`^tar: (.+): socket ignored$`)

// takeSockets removes the lines about sockets, and returns their names as tar has them.
func (m *messages) takeSockets() (names []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var rest []byte
	for line := range bytes.Lines(m.text) {
		if match := socketLine.FindSubmatch(bytes.TrimRight(line, "\r\n")); match != nil {
			names = append(names, unquoted(string(match[1])))
		} else {
			rest = append(rest, line...)
		}
	}
	m.text = rest
	return names
}

// changedLine is what GNU tar writes about a file or directory that changed while it was read; it then ends with status 1.
var changedLine = regexp.MustCompile(`^tar: (.+): file changed as we read it$`)

// changed returns the names of what tar says changed while it was read, as tar has them; none where it says anything else.
func (m *messages) changed() (names []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for line := range bytes.Lines(m.text) {
		match := changedLine.FindSubmatch(bytes.TrimRight(line, "\r\n"))
		if match == nil || m.truncated {
			return nil
		}
		names = append(names, unquoted(string(match[1])))
	}
	return names
}

// quotedByte is how GNU tar writes a byte of a name that is not printable, or has a meaning in a message.
var quotedByte = regexp.MustCompile(`\\([0-7]{3}|.)`)

// unquoted is a name that GNU tar wrote in a message.
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

// lines are the messages so far, one each, with nothing in them that moves a cursor.
func (m *messages) lines() []string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var lines []string
	for line := range strings.Lines(string(m.text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, printable.Escape(line))
		}
	}
	if m.truncated {
		lines = append(lines, "(further messages were dropped)")
	}
	return lines
}
