package ui

import (
	"bytes"
	"io"
	"math"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// eventEvery is how often at most progress is an event.
const eventEvery = 500 * time.Millisecond

// events shows all as JSON, an object on a line of its own.
type events struct {
	out          io.Writer
	lastProgress At
	nextProgress time.Time
}

func newEvents(out io.Writer) *events { return &events{out: out} }

func (e *events) encode(event any) error {
	text, err := printable.JSON(event, "")
	if err == nil {
		_, err = e.out.Write(text)
	}
	return err
}

type waitingEvent struct {
	Event  string `json:"event"`
	Job    string `json:"job,omitempty"`
	Reason string `json:"reason"`
}

type progressEvent struct {
	Event          string   `json:"event"`
	Job            string   `json:"job,omitempty"`
	Bytes          int64    `json:"bytes"`
	TotalBytes     int64    `json:"totalBytes,omitempty"`
	Files          int64    `json:"files"`
	TotalFiles     int64    `json:"totalFiles,omitempty"`
	BytesPerSecond int64    `json:"bytesPerSecond"`
	ETASeconds     *float64 `json:"etaSeconds,omitempty"`
	Transport      string   `json:"transport,omitempty"`
}

type retryEvent struct {
	Event     string  `json:"event"`
	Job       string  `json:"job,omitempty"`
	Retry     int     `json:"retry"`
	InSeconds float64 `json:"inSeconds"`
	Reason    string  `json:"reason"`
}

type noteEvent struct {
	Event   string `json:"event"`
	Message string `json:"message"`
}

type doneEvent struct {
	Event     string `json:"event"`
	Job       string `json:"job,omitempty"`
	OK        bool   `json:"ok"`
	Files     int64  `json:"files"`
	Bytes     int64  `json:"bytes"`
	Transport string `json:"transport,omitempty"`
	Error     string `json:"error,omitempty"`
}

type errorEvent struct {
	Event   string `json:"event"`
	Message string `json:"message"`
}

func (e *events) update(currentTime time.Time, s status, changed bool) {
	switch {
	case s.waiting != "":
		if changed {
			_ = e.encode(waitingEvent{Event: "waiting", Job: s.job, Reason: s.waiting})
		}
	case s.progress != e.lastProgress && !currentTime.Before(e.nextProgress):
		e.nextProgress = currentTime.Add(eventEvery)
		e.progress(s)
	}
}

func (e *events) progress(s status) {
	event := progressEvent{
		Event: "progress", Job: s.job, Bytes: s.progress.Bytes, TotalBytes: s.progress.TotalBytes, Files: s.progress.Files, TotalFiles: s.progress.TotalFiles,
		BytesPerSecond: int64(math.Round(s.rate)), Transport: s.progress.Transport,
	}
	if s.remaining >= 0 {
		remaining := seconds(s.remaining)
		event.ETASeconds = &remaining
	}
	_ = e.encode(event)
	e.lastProgress = s.progress
}

func (e *events) writeMessage(_ time.Time, text []byte) error {
	return e.encode(noteEvent{Event: "note", Message: string(bytes.TrimSpace(text))})
}

func (e *events) event(_ time.Time, fields any) bool {
	_ = e.encode(fields)
	return true
}

// clear resets the view for the next transfer.
func (e *events) clear() { e.lastProgress, e.nextProgress = At{}, time.Time{} }
