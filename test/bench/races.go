package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// race is one set on one line, and its contenders.
type race struct {
	link, set  string
	contenders []contender
}

// races lists all that is to be measured, in order.
func (b *bench) races() []race {
	fixed := []contender{b.compression("none"), b.compression("s2"), b.compression("zstd")}
	usual := []contender{b.cp(), b.tar(), b.gzip(), b.transport("tunnel"), b.transport("exec"), b.transport("tar")}
	onFree := slices.Concat(usual, []contender{b.cpLimited()})
	var races []race
	for _, r := range []race{
		{free, "random", slices.Concat(onFree, fixed)},
		{free, "text", slices.Concat(onFree, fixed)},
		{free, "small", onFree},
		{free, "mixed", slices.Concat(onFree, fixed)},
		{slow, "random", slices.Concat(usual, []contender{b.bare()})},
		{slow, "text", slices.Concat(usual, fixed)},
		{slow, "small", usual},
		{slow, "mixed", usual},
		{slow, "mixed-part", slices.Concat([]contender{b.transport("tunnel")}, fixed)},
		// Smaller sets that replace those that take long, in a short run.
		{slow, "random-part", []contender{b.cp(), b.transport("tunnel"), b.bare()}},
		{slow, "text-part", []contender{b.cp(), b.transport("tunnel")}},
		{long, "random", slices.Concat(usual, fixed)},
		{long, "text", slices.Concat(usual, fixed)},
		{long, "small", usual},
		{long, "mixed", usual},
	} {
		if r.contenders = b.chosen(r); len(r.contenders) > 0 {
			races = append(races, r)
		}
	}
	return races
}

// chosen omits the contenders that the flags exclude, and those that the program under test
// does not support.
func (b *bench) chosen(r race) []contender {
	var chosen []contender
	for _, c := range r.contenders {
		if b.short && (!c.main || !r.brief()) || !b.short && r.instead() {
			continue
		}
		if b.wants(r.link+"/"+r.set+"/"+c.name) && b.able(c) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// instead reports whether a race belongs to short runs only.
func (r race) instead() bool { return r.set == "random-part" || r.set == "text-part" }

// brief reports whether it is part of a short run.
func (r race) brief() bool {
	return r.instead() || r.link == free && !strings.HasPrefix(r.set, "mixed")
}

func (b *bench) wants(name string) bool { return b.filter.MatchString(name) }

// able reports whether fetch has the flags that a contender needs.
func (b *bench) able(c contender) bool {
	for _, flag := range c.needs() {
		if !b.speaks[flag] {
			b.skip(fmt.Sprintf("%s: this kubectl batch fetch has no %s", c.name, flag))
			return false
		}
	}
	return true
}

// skip reports, once, that something is not measured.
func (b *bench) skip(cause string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.results.Skipped, cause) {
		b.results.Skipped = append(b.results.Skipped, cause)
		program.Log("!!! SKIPPED %s", cause)
	}
}
