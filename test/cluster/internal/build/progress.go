package build

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// progress counts what builds have done, for the lines that report it.
type progress struct {
	begin    time.Time
	estimate time.Duration

	mu          sync.Mutex
	downloading string // name of a component, or empty
	modules     int
	compiling   string // name of a component, or empty
	compiled    int
	packages    int
}

func newProgress(estimate time.Duration) *progress {
	return &progress{begin: time.Now(), estimate: estimate}
}

// report prints a line at each interval until the returned function is called.
func (p *progress) report(say func(format string, args ...any), interval time.Duration) (stop func()) {
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case tick := <-ticker.C:
				say("%s", p.line(tick))
			}
		}
	}()
	return func() {
		close(done)
		<-finished
	}
}

func (p *progress) line(currentTime time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var parts []string
	switch {
	case p.compiling == "":
	case p.compiled == p.packages:
		parts = append(parts, "linking "+p.compiling)
	default:
		parts = append(parts, fmt.Sprintf("compiling %s: %d of %d packages", p.compiling, p.compiled, p.packages))
	}
	if p.downloading != "" {
		parts = append(parts, fmt.Sprintf("downloading %s: %d modules", p.downloading, p.modules))
	}
	elapsed := currentTime.Sub(p.begin).Round(time.Second)
	if elapsed > p.estimate {
		return strings.Join(append(parts, elapsed.String()+" so far"), "; ")
	}
	return strings.Join(append(parts, fmt.Sprintf("%s of about %s", elapsed, Roughly(p.estimate))), "; ")
}

// Roughly returns an estimate in words, rounded.
func Roughly(d time.Duration) string {
	if d < 90*time.Second {
		return fmt.Sprintf("%d seconds", max(1, int(d.Round(time.Second).Seconds())))
	}
	return fmt.Sprintf("%d minutes", int(d.Round(time.Minute).Minutes()))
}

func (p *progress) startDownload(name string) {
	p.update(func() { p.downloading, p.modules = name, 0 })
}
func (p *progress) addModule()   { p.update(func() { p.modules++ }) }
func (p *progress) endDownload() { p.update(func() { p.downloading = "" }) }
func (p *progress) addPackage()  { p.update(func() { p.compiled++ }) }
func (p *progress) endCompile()  { p.update(func() { p.compiling = "" }) }
func (p *progress) startCompile(name string, packages int) {
	p.update(func() {
		p.compiling = name
		p.compiled, p.packages = 0, packages
	})
}

func (p *progress) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}
