package build

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	p := newProgress(12 * time.Minute)
	lines := func(want string) {
		t.Helper()
		if got := p.line(p.begin.Add(100 * time.Second)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	lines("1m40s of about 12 minutes")
	p.startDownload("a")
	p.addModule()
	lines("downloading a: 1 modules; 1m40s of about 12 minutes")
	p.endDownload()
	p.startCompile("a", 2)
	p.startDownload("b")
	lines("compiling a: 0 of 2 packages; downloading b: 0 modules; 1m40s of about 12 minutes")
	p.endDownload()
	p.addPackage()
	lines("compiling a: 1 of 2 packages; 1m40s of about 12 minutes")
	p.addPackage()
	lines("linking a; 1m40s of about 12 minutes")
	p.endCompile()
	lines("1m40s of about 12 minutes")
	p.estimate = time.Minute // which was too low
	lines("1m40s so far")
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                               "1 seconds",
		42 * time.Second:                "42 seconds",
		11*time.Minute + 40*time.Second: "12 minutes",
	} {
		if got := Roughly(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}

func TestReportRepeats(t *testing.T) {
	lines := make(chan string, 100)
	say := func(format string, args ...any) { lines <- fmt.Sprintf(format, args...) }
	stop := newProgress(time.Minute).report(say, time.Millisecond)
	for range 3 {
		<-lines
	}
	stop()
	for len(lines) > 0 {
		<-lines
	}
	time.Sleep(10 * time.Millisecond)
	if len(lines) > 0 {
		t.Errorf("after stop: %q", <-lines)
	}
}

// smallComponent has two packages that Go has never compiled before.
func smallComponent(t *testing.T) Component {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.test/m\n\ngo 1.26\n")
	write(t, dir, "main.go", "package main\n\nimport _ \"example.test/m/sub\"\n\nfunc main() {}\n")
	write(t, dir, "sub/sub.go", fmt.Sprintf("package sub\n\nconst Now = %d\n", time.Now().UnixNano()))
	return Component{Name: "m", Dir: dir, Packages: []string{"."}, Links: []string{"other"}, CPU: time.Second}
}

func TestCompileCountsPackages(t *testing.T) {
	c, p := smallComponent(t), newProgress(time.Minute)
	packages, err := download(t.Context(), c, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := compile(t.Context(), job{Target{Component: c}, packages}, t.TempDir(), p); err != nil {
		t.Fatal(err)
	}
	if p.packages < 10 || p.compiled < 2 || p.compiled > p.packages {
		t.Errorf("%d of %d packages", p.compiled, p.packages)
	}
}

func TestBuild(t *testing.T) {
	c := smallComponent(t)
	b := Builder{Cache: t.TempDir(), Say: t.Logf}
	targets, err := b.Targets(t.Context(), []Component{c})
	if err != nil || len(Missing(targets)) != 1 {
		t.Fatalf("before: %+v, %v", targets, err)
	}
	if err := b.Build(t.Context(), targets); err != nil {
		t.Fatal(err)
	}
	if targets, err = b.Targets(t.Context(), []Component{c}); err != nil || len(Missing(targets)) != 0 {
		t.Errorf("after: %+v, %v", targets, err)
	}
	write(t, c.Dir, "main.go", "package main\n\nfunc main() { undefinedName() }\n")
	if targets, err = b.Targets(t.Context(), []Component{c}); err != nil {
		t.Fatal(err)
	}
	if err = b.Build(t.Context(), targets); err == nil || !strings.Contains(err.Error(), "undefinedName") || !strings.Contains(err.Error(), "building m") {
		t.Errorf("a build that fails says %v", err)
	}
}
