// Package process starts daemons that outlive the program, and later stops
// exactly these. It records a process by its id, its start time and the id of the
// boot, so that another process with the same id is
// never stopped.
package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Record is what is kept of a started process.
type Record struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks since boot: field 22 of /proc/PID/stat
	Boot  string `json:"boot"`
	// Digest stands for what the process was started with.
	Digest string `json:"digest"`
}

// Table is a directory of records, one file a process, next to their logs.
type Table struct {
	Dir  string
	Logs string
}

// Get returns the record of name, and whether that very process still runs.
func (t Table) Get(name string) (Record, bool) {
	var r Record
	b, err := os.ReadFile(t.path(name))
	if err != nil || json.Unmarshal(b, &r) != nil {
		return Record{}, false
	}
	return r, r.alive()
}

// Names lists the processes that are recorded, dead or alive.
func (t Table) Names() ([]string, error) {
	entries, err := os.ReadDir(t.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok {
			names = append(names, name)
		}
	}
	return names, err
}

// LogTail returns the last lines of a process's log, for an error message.
func (t Table) LogTail(name string) string {
	b, err := os.ReadFile(t.logPath(name))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

func (t Table) path(name string) string    { return filepath.Join(t.Dir, name+".json") }
func (t Table) logPath(name string) string { return filepath.Join(t.Logs, name+".log") }

func (t Table) save(name string, r Record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	temp := t.path(name) + ".new"
	if err := os.WriteFile(temp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, t.path(name))
}

// newRecord describes the running process pid as it is now.
func newRecord(pid int, digest string) (Record, error) {
	status, err := stat(pid)
	if err != nil {
		return Record{}, fmt.Errorf("reading the start time of process %d: %w", pid, err)
	}
	boot, err := bootID()
	return Record{PID: pid, Start: status.start, Boot: boot, Digest: digest}, err
}

// alive reports whether the recorded process runs.
func (r Record) alive() bool {
	boot, err := bootID()
	if err != nil || r.PID <= 1 || boot != r.Boot {
		return false
	}
	status, err := stat(r.PID)
	return err == nil && status.start == r.Start && !status.ended()
}

func bootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b)), err
}

// processStat is the content of /proc/PID/stat.
type processStat struct {
	start   uint64 // clock ticks since boot
	state   byte
	threads int
}

// ended reports whether all threads of the process have ended. A killed process is a zombie as soon as its first thread
// has ended, and keeps its files and ports until the last one has.
func (s processStat) ended() bool {
	return s.state == 'X' || s.state == 'Z' && s.threads <= 1
}

func stat(pid int) (processStat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processStat{}, err
	}
	return parseStat(b)
}

// parseStat reads fields 3, 20 and 22 of a stat line. Field 2 is the program's name in parentheses and may itself hold
// spaces and parentheses.
func parseStat(line []byte) (processStat, error) {
	_, fieldsFrom3, _ := cutLast(line, []byte(") "))
	fields := bytes.Fields(fieldsFrom3)
	if len(fields) < 20 {
		return processStat{}, fmt.Errorf("stat line %q has too few fields", line)
	}
	threads, err := strconv.Atoi(string(fields[17]))
	if err != nil {
		return processStat{}, err
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	return processStat{start: start, state: fields[0][0], threads: threads}, err
}

func cutLast(b, sep []byte) (head, tail []byte, ok bool) {
	i := bytes.LastIndex(b, sep)
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+len(sep):], true
}
