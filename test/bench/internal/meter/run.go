package meter

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A Usage is what one command took.
type Usage struct {
	Seconds float64
	// FirstByte is when a file with at least 4 KiB existed, in seconds from the start,
	// complete or not; 0 if there never was one.
	FirstByte float64
	// ClientCPU is the command's own processor time, ClientPeak its most memory
	// in bytes; both of all programs of a pipeline together.
	ClientCPU  float64
	ClientPeak int64
	// PodPeak is the most memory of one process in a pod.
	PodPeak int64
	// CPU is what was used from start to end.
	CPU CPU
	// Stdout is that of the last program.
	Stdout []byte

	start   time.Time
	samples []sample
}

// During returns what was used in a part of the run, in seconds from its start.
func (u *Usage) During(start, length float64) CPU {
	begin := u.start.Add(time.Duration(start * float64(time.Second)))
	return between(u.samples, begin, begin.Add(time.Duration(length*float64(time.Second))))
}

const (
	sampling = 50 * time.Millisecond
	watching = 10 * time.Millisecond // the client's memory
	looking  = time.Millisecond      // for the first byte
)

// Run runs a pipeline that fills dir, and measures it; without dir, it does not measure
// the first byte. It also returns the usage if the pipeline failed.
func (c *Cluster) Run(ctx context.Context, pipeline []*exec.Cmd, dir string) (*Usage, error) {
	u := &Usage{}
	var stdout bytes.Buffer
	logs, err := connect(pipeline, &stdout)
	if err != nil {
		return u, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watchers sync.WaitGroup
	u.start = time.Now()
	c.sample(u)
	watchers.Go(func() {
		every(ctx, sampling, func() bool { c.sample(u); u.PodPeak = max(u.PodPeak, c.podPeak()); return true })
	})
	watchers.Go(func() { every(ctx, looking, func() bool { return !u.arrived(dir) }) })
	peaks := make([]peak, len(pipeline))
	err = runAll(pipeline, func(started []*exec.Cmd) {
		watchers.Go(func() { every(ctx, watching, func() bool { notePeaks(started, peaks); return true }) })
	})
	u.Seconds = time.Since(u.start).Seconds()
	cancel()
	watchers.Wait()
	c.sample(u)
	u.arrived(dir)
	u.finish(pipeline, peaks)
	u.Stdout = stdout.Bytes()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, tail(logs.String()))
	}
	return u, err
}

// connect leads each program's output into the next one, and the last one's
// into stdout.
func connect(pipeline []*exec.Cmd, stdout *bytes.Buffer) (*lockedBuffer, error) {
	logs := &lockedBuffer{}
	for i, cmd := range pipeline {
		cmd.Stderr = logs
		if i == len(pipeline)-1 {
			cmd.Stdout = stdout
			continue
		}
		read, write, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		cmd.Stdout, pipeline[i+1].Stdin = write, read
	}
	return logs, nil
}

// runAll starts all programs and waits for all; the first error counts.
func runAll(pipeline []*exec.Cmd, started func([]*exec.Cmd)) error {
	var firstErr error
	running := 0
	for _, cmd := range pipeline {
		if firstErr == nil {
			if firstErr = cmd.Start(); firstErr == nil {
				running++
			}
		}
	}
	for i := range pipeline[1:] { // the programs have their own
		_ = pipeline[i].Stdout.(*os.File).Close()
		_ = pipeline[i+1].Stdin.(*os.File).Close()
	}
	started(pipeline[:running])
	for _, cmd := range pipeline[:running] {
		if err := cmd.Wait(); err != nil && firstErr == nil {
			firstErr = fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
		}
	}
	return firstErr
}

// peak is the most memory of the program that a process runs.
type peak struct {
	program string
	bytes   int64
}

// notePeaks reads each process. A process that executes another program (kubectl
// executes its plugin) counts as the new program.
func notePeaks(started []*exec.Cmd, peaks []peak) {
	for i, cmd := range started {
		bytes, program := peakMemory(cmd.Process.Pid)
		if bytes == 0 {
			continue
		}
		if program != peaks[i].program {
			peaks[i] = peak{program: program}
		}
		peaks[i].bytes = max(peaks[i].bytes, bytes)
	}
}

func (c *Cluster) sample(u *Usage) {
	u.samples = append(u.samples, sample{time.Now(), c.Used()})
}

func (u *Usage) finish(pipeline []*exec.Cmd, peaks []peak) {
	for i, cmd := range pipeline {
		u.ClientPeak += peaks[i].bytes
		if state := cmd.ProcessState; state != nil {
			u.ClientCPU += (state.UserTime() + state.SystemTime()).Seconds()
		}
	}
	u.CPU = between(u.samples, u.samples[0].when, u.samples[len(u.samples)-1].when)
}

// arrived reports whether something of the files is in dir, and remembers when
// that was first so.
func (u *Usage) arrived(dir string) bool {
	if dir == "" || u.FirstByte > 0 {
		return true
	}
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error { // files come and go
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil && info.Size() >= 4096 {
				u.FirstByte = time.Since(u.start).Seconds()
				return fs.SkipAll
			}
		}
		return nil
	})
	return u.FirstByte > 0
}

// every calls do again and again until it returns false or ctx ends.
func every(ctx context.Context, interval time.Duration, do func() bool) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for do() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// lockedBuffer collects the output of several programs.
type lockedBuffer struct {
	lock   sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.buffer.Write(p)
}

// String returns the output; no program may write any more.
func (b *lockedBuffer) String() string { return b.buffer.String() }

func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	text = strings.Join(lines[max(0, len(lines)-5):], " / ")
	return text[:min(len(text), 400)]
}
