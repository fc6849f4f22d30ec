// Package tarproof proves that a tar stream is complete. A stream that was cut anywhere, also
// between two entries where package archive/tar reports success, is an error of Reader. The proof
// is a trailer inside the stream, which only a finished sender writes.
package tarproof

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// EndSize is the length in bytes of the trailer that ends every stream.
const EndSize = 160

// endWord begins the trailer. The nonce after it keeps file content from
// looking like one.
const endWord = "kubectl-batch-end"

// ErrTruncated is reported for a stream that ended before its trailer. What
// was read of it is good, and incomplete.
var ErrTruncated = errors.New("the stream ended early")

// ErrCorrupt is reported for a stream whose trailer does not fit its bytes.
var ErrCorrupt = errors.New("the stream does not match its hash")

// End is what a sender states when it has sent everything.
type End struct {
	// Status is the exit status of the program that made the tar bytes; other
	// than 0, some of the tree is missing from them.
	Status int
	// Sum is the SHA-256 of all bytes before the trailer, in lower-case hex;
	// empty where the sender has no means to compute it.
	Sum string
}

// mark is what the trailer of a stream with this nonce begins with.
func mark(nonce string) string { return endWord + " " + nonce + " " }

// text is the trailer: one line, filled with blanks to EndSize.
func (e End) text(nonce string) string {
	sum := e.Sum
	if sum == "" {
		sum = "-"
	}
	return fmt.Sprintf("%-*s\n", EndSize-1, mark(nonce)+strconv.Itoa(e.Status)+" "+sum)
}

// parseEnd reads a trailer. Only the exact text that a sender writes counts.
func parseEnd(text, nonce string) (End, bool) {
	fields := strings.Fields(strings.TrimPrefix(text, mark(nonce)))
	if len(fields) != 2 {
		return End{}, false
	}
	status, err := strconv.Atoi(fields[0])
	if err != nil || status < 0 {
		return End{}, false
	}
	end := End{Status: status}
	if fields[1] != "-" {
		end.Sum = fields[1]
	}
	return end, validSum(end.Sum) && end.text(nonce) == text
}

func validSum(sum string) bool {
	raw, err := hex.DecodeString(sum)
	return err == nil && (len(raw) == 0 || len(raw) == 32) && strings.ToLower(sum) == sum
}
