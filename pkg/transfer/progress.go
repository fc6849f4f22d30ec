package transfer

import "sync"

// Progress is the progress of a fetch. Files that existed locally are not counted.
type Progress struct {
	Files, TotalFiles int64
	Bytes, TotalBytes int64 // of content; the totals are 0 if they are not known
}

// Reporter receives the progress, often, and never from two goroutines at the same time. It
// decides how often to show it.
type Reporter interface {
	Report(Progress)
}

// silence is a Reporter that does nothing.
type silence struct{}

func (silence) Report(Progress) {}

// meter adds up the progress of several streams.
type meter struct {
	mu       sync.Mutex
	progress Progress
	reporter Reporter
}

// add counts files and bytes. The caller subtracts those that are lost with negative values.
func (m *meter) add(files, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.Files += files
	m.progress.Bytes += bytes
	m.reporter.Report(m.progress)
}

// lengthen increases the total.
func (m *meter) lengthen(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.TotalBytes += bytes
	m.reporter.Report(m.progress)
}

// total sets the totals and resets the counts.
func (m *meter) total(files, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress = Progress{TotalFiles: files, TotalBytes: bytes}
	m.reporter.Report(m.progress)
}
