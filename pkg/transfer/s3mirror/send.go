package s3mirror

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// mostFiles and mostBytes are the limits of one request to the agent. Each file has a signature
	// in it.
	mostFiles = 100
	mostBytes = 64 << 20
	// mostTries is how often a file that changes while it is read is tried.
	mostTries = 3
)

// task is a file to send.
type task struct {
	localtree.Entry
	// link is the first name of a file with several names.
	link            string
	tries, renewals uint8
	// stale says that the file has changed since it was listed.
	stale bool
}

// ask returns the request for the file, or a part of it, to the agent.
func (t *task) ask(offset, length int64) wire.PutFile {
	return wire.PutFile{Path: t.Path, Size: t.Size, ModTime: t.ModTime, Changed: t.Changed, From: offset, Length: length}
}

// attributes returns the attributes of the file's object. The names are those of rclone.
func (t *task) attributes() s3.Attributes {
	kind, _, _ := strings.Cut(mime.TypeByExtension(path.Ext(t.Path)), ";") // without the charset, which is not known
	if kind == "" {
		kind = "application/octet-stream"
	}
	const regular = 0o100000
	return s3.Attributes{ContentType: kind, Metadata: map[string]string{
		"mtime": seconds(t.ModTime), "mode": "0" + strconv.FormatInt(regular|int64(t.Mode.Perm()), 8),
	}}
}

// seconds formats a time as seconds since 1970, with decimals.
func seconds(t time.Time) string {
	whole := t.Unix()
	nano := t.Nanosecond()
	sign := ""
	if whole < 0 && nano > 0 { // nanoseconds are positive also before 1970
		whole = -whole - 1
		nano = 1e9 - nano
		sign = "-"
	}
	text := sign + strconv.FormatInt(whole, 10)
	if nano != 0 {
		text += "." + strings.TrimRight(strconv.Itoa(1e9 + nano)[1:], "0")
	}
	return text
}

// send sends the planned files with several parallel requests.
func (c *copying) send(ctx context.Context) error {
	group, inner := errgroup.WithContext(ctx)
	for range c.Parallel {
		group.Go(func() error {
			for {
				batch := c.nextBatch()
				if len(batch) == 0 {
					return nil
				}
				if err := c.sendBatch(inner, batch); err != nil {
					return err
				}
				c.checkpoint(inner)
			}
		})
	}
	return group.Wait()
}

// nextBatch removes the files of one request: a large file, or many small ones.
func (c *copying) nextBatch() (batch []*task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.large) > 0 {
		batch, c.large = c.large[:1:1], c.large[1:]
		return batch
	}
	n, bytes := 0, int64(0)
	for n < min(len(c.small), mostFiles) && (n == 0 || bytes+c.small[n].Size <= mostBytes) {
		bytes += c.small[n].Size
		n++
	}
	batch, c.small = c.small[:n:n], c.small[n:]
	return batch
}

// giveBack plans files again that were not sent.
func (c *copying) giveBack(tasks ...*task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range tasks {
		if t.Size > c.Part {
			c.large = append(c.large, t)
		} else {
			c.small = append(c.small, t)
		}
	}
}

// sendBatch sends a batch. It gives files back that it could not send.
func (c *copying) sendBatch(ctx context.Context, batch []*task) error {
	var fresh []*task
	for i, t := range batch {
		present, err := c.refresh(ctx, t)
		if err != nil {
			c.giveBack(append(fresh, batch[i:]...)...)
			return err
		}
		switch {
		case present && t.Size > c.Part && len(batch) > 1:
			c.giveBack(t) // it grew
		case present:
			fresh = append(fresh, t)
		}
	}
	switch {
	case len(fresh) == 0:
		return nil
	case len(fresh) == 1 && fresh[0].Size > c.Part:
		return c.inParts(ctx, fresh[0])
	}
	return c.together(ctx, fresh)
}

// refresh lists a file again if it changed, and reports whether it is still a file to send.
func (c *copying) refresh(ctx context.Context, t *task) (bool, error) {
	if !t.stale {
		return true, nil
	}
	listing, err := c.Source.List(ctx, []string{t.Path})
	if _, missing := errors.AsType[*transfer.MissingPathError](err); missing {
		c.refuse(t.Path, "no longer exists")
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = listing.Close() }() // only one entry is read
	item, err := listing.Next()
	switch {
	case errors.Is(err, io.EOF) || err == nil && item.Path != t.Path:
		return false, &transfer.LostError{Cause: errors.New("the agent listed a path that was not requested")}
	case err != nil:
		return false, err
	case item.Refused != "" || item.Type != localtree.File || c.unfit(&item.Entry) != "":
		c.refuse(t.Path, "no longer a regular file")
		return false, nil
	}
	c.gainTotal(item.Size - t.Size)
	if item.Inode != t.Inode {
		t.link = "" // the name belongs to another file now
	}
	t.Entry, t.stale = item.Entry, false
	return true, nil
}

func (c *copying) gainTotal(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reported.TotalBytes += bytes
}

// together sends small files with one request to the agent.
func (c *copying) together(ctx context.Context, batch []*task) error {
	request, signed := c.request(), c.Now()
	for _, t := range batch {
		put, err := c.Store.SignPut(ctx, c.At.Bucket, c.At.Key(t.Path), t.attributes(), c.Valid)
		if err != nil {
			c.giveBack(batch...)
			return transfer.Lost(err)
		}
		file := t.ask(0, t.Size)
		file.URL, file.Header = put.URL, put.Header
		request.Files = append(request.Files, file)
	}
	done := make([]bool, len(batch))
	var failed error
	c.notePutRequest()
	err := c.Agent.Put(ctx, request, func(r wire.PutResult) {
		if r.Hashed {
			return
		}
		done[r.Index] = true
		if err := c.handleResult(batch[r.Index], r, signed); failed == nil {
			failed = err // other errors usually have the same cause
		}
	})
	for i, t := range batch {
		if !done[i] {
			c.giveBack(t)
		}
	}
	return cmp.Or(failed, err)
}

// request returns a request without files.
func (c *copying) request() wire.PutRequest {
	return wire.PutRequest{Roots: string(c.Store.Roots()), Tries: c.puts.Tries()}
}
