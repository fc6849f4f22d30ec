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

// endWord begins the trailer. The nonce after it ensures that the content of a file is
// not mistaken for a trailer.
const endWord = "kubectl-batch-end"

// ErrTruncated is reported for a stream that ended before its trailer. The bytes before
// that are valid but incomplete.
var ErrTruncated = errors.New("the stream ended early")

// ErrCorrupt is reported for a stream whose trailer does not match its bytes.
var ErrCorrupt = errors.New("the stream does not match its hash")

// End is the content of a trailer.
type End struct {
	// Status is the exit status of the program that wrote the tar bytes. If it is not 0,
	// some of the tree is missing.
	Status int
	// Sum is the SHA-256 of all bytes before the trailer, in lower-case hex;
	// "" if the sender cannot compute it.
	Sum string
}

// mark returns the start of the trailer of a stream with this nonce.
func mark(nonce string) string { return endWord + " " + nonce + " " }

// text returns the trailer: one line, padded with blanks to EndSize.
func (e End) text(nonce string) string {
	sum := e.Sum
	if sum == "" {
		sum = "-"
	}
	return fmt.Sprintf("%-*s\n", EndSize-1, mark(nonce)+strconv.Itoa(e.Status)+" "+sum)
}

// parseEnd parses a trailer. It accepts only the exact text that a sender writes.
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
