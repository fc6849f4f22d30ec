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

// talk sends the agent that the script asks for, and reads what became of it.
func (d *delivery) talk(binaries func(machine string) (Binary, bool)) error {
	hello, err := d.answer()
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
	there := slices.Equal(hello[3:], proof)
	go func() {
		// A script that has seen enough reads no further, and says why.
		_ = d.send(binary, hello[2] == "gzip", there)
		_ = d.input.Close()
	}()
	return d.outcome(proof, there)
}

func (d *delivery) send(binary Binary, packed, there bool) error {
	how, content := "keep", io.NopCloser(strings.NewReader(""))
	switch {
	case there:
	case packed && binary.Gzip != nil:
		how, content = "gzip", io.NopCloser(bytes.NewReader(binary.Gzip))
	default:
		how, content = "raw", binary.Open()
	}
	defer func() { _ = content.Close() }()
	if _, err := fmt.Fprintln(d.input, how, binary.Size, binary.SHA256); err != nil {
		return err
	}
	_, err := io.Copy(d.input, content)
	return err
}

// outcome reads the answers up to the last. Success takes all of them.
func (d *delivery) outcome(proof []string, proved bool) error {
	for {
		answer, err := d.answer()
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

// answer reads the words of the script's next line.
func (d *delivery) answer() ([]string, error) {
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
