package transfer

import "sync"

// Progress is how far a fetch got. What was here already is not counted.
type Progress struct {
	Files, TotalFiles int64
	Bytes, TotalBytes int64 // of content; the totals are 0 where they are not known
}

// Reporter is told of progress, often, and never twice at the same time; how
// often that is shown is the screen's business.
type Reporter interface {
	Report(Progress)
}

// silence is the Reporter of those who want none.
type silence struct{}

func (silence) Report(Progress) {}

// meter adds up the progress of several streams.
type meter struct {
	mu       sync.Mutex
	progress Progress
	reporter Reporter
}

// add counts; what is lost again is counted with a minus.
func (m *meter) add(files, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.Files += files
	m.progress.Bytes += bytes
	m.reporter.Report(m.progress)
}

// lengthen adds to what there is to come.
func (m *meter) lengthen(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.TotalBytes += bytes
	m.reporter.Report(m.progress)
}

// total states what there is to come.
func (m *meter) total(files, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress = Progress{TotalFiles: files, TotalBytes: bytes}
	m.reporter.Report(m.progress)
}
