package helper

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// sendAgent sends the agent that the script requests, and reads the result.
func (d *delivery) sendAgent(binaries func(machine string) (Binary, bool)) error {
	hello, err := d.readAnswer()
	if err != nil {
		return err
	}
	if len(hello) < 3 || hello[0] != "hello" {
		return &verdict{hello}
	}
	binary, ok := binaries(hello[1])
	if !ok {
		return &CannotRunError{Reason: "there is no agent for the architecture " + hello[1]}
	}
	proof := []string{strconv.FormatInt(binary.Size, 10), binary.SHA256}
	present := slices.Equal(hello[3:], proof)
	go func() {
		// If the script stops reading early, its response says why.
		_ = d.writeAgent(binary, hello[2] == "gzip", present)
		_ = d.input.Close()
	}()
	return d.readOutcome(proof, present)
}

func (d *delivery) writeAgent(binary Binary, packed, present bool) error {
	encoding := "keep"
	content := io.NopCloser(strings.NewReader(""))
	switch {
	case present:
	case packed && binary.Gzip != nil:
		encoding, content = "gzip", io.NopCloser(bytes.NewReader(binary.Gzip))
	default:
		encoding, content = "raw", binary.Open()
	}
	defer func() { _ = content.Close() }()
	if _, err := fmt.Fprintln(d.input, encoding, binary.Size, binary.SHA256); err != nil {
		return err
	}
	_, err := io.Copy(d.input, content)
	return err
}

// readOutcome reads the responses up to the last. proved: the agent's hash is known to be right.
func (d *delivery) readOutcome(proof []string, proved bool) error {
	for {
		answer, err := d.readAnswer()
		if err != nil {
			return err
		}
		switch answer[0] {
		case "got":
		case "checked":
			proved = slices.Equal(answer[1:], proof)
		case "serving":
			if !proved {
				return &UndeliveredError{errUnproved}
			}
			return nil
		default:
			return &verdict{answer}
		}
	}
}

// readAnswer reads the words of the script's next line.
func (d *delivery) readAnswer() ([]string, error) {
	line, err := d.output.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("no response from the script in the pod: %w", err)
	}
	words := strings.Fields(string(line))
	if len(words) < 3 || words[0] != "kubectl-batch" || words[1] != d.nonce {
		return nil, fmt.Errorf("unexpected response %.80q", line)
	}
	return words[2:], nil
}
