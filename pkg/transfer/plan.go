package transfer

import (
	"sync"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// task is a file to copy. There may be a million of them, so that the type has only the
// necessary fields.
type task struct {
	path  string
	size  int64
	time  int64 // nanoseconds since the epoch
	mode  uint16
	tries uint8
}

func newTask(entry localtree.Entry) task {
	return task{path: entry.Path, size: entry.Size, time: entry.ModTime.UnixNano(), mode: uint16(entry.Mode)}
}

const (
	batchFiles = 1000     // most files of one request
	batchBytes = 64 << 20 // a request is full once it asks for as many
)

// queue holds the files to copy, grouped into requests.
type queue struct {
	mu      sync.Mutex
	batches [][]task
	filling int64 // bytes in the last one
	files   int
	bytes   int64
	stored  int64 // how many of bytes need space on the disk
}

// add appends a file that needs stored bytes on the disk.
func (q *queue) add(t task, stored int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	index := len(q.batches) - 1
	if index < 0 || q.filling >= batchBytes || len(q.batches[index]) == batchFiles {
		q.batches, q.filling = append(q.batches, nil), 0
		index++
	}
	q.batches[index] = append(q.batches[index], t)
	q.filling += t.size
	q.files++
	q.bytes += t.size
	q.stored += min(stored, t.size)
}

// nextBatch removes the first request and returns it.
func (q *queue) nextBatch() ([]task, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.batches) == 0 {
		return nil, false
	}
	batch := q.batches[0]
	q.batches[0] = nil
	q.batches = q.batches[1:]
	return batch, true
}

// giveBack appends files that were not received.
func (q *queue) giveBack(tasks []task) {
	if len(tasks) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.batches, q.filling = append(q.batches, tasks), batchBytes
}

// empty reports whether there are no more requests.
func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.batches) == 0
}
