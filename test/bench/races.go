package main

import (
	"fmt"
	"slices"
	"strings"
)

// race is one set on one line, and who runs there.
type race struct {
	link, set  string
	contenders []contender
}

// races lists all that is to be measured, in order.
func (b *bench) races() []race {
	fixed := []contender{b.compression("none"), b.compression("s2"), b.compression("zstd")}
	plain := []contender{b.cp(), b.tar(), b.transport("tunnel"), b.transport("exec"), b.transport("tar")}
	usual := slices.Concat(plain, []contender{b.gzip()})
	onFree := slices.Concat(usual, []contender{b.cpLimited()})
	var races []race
	for _, r := range []race{
		{free, "random", slices.Concat(onFree, fixed)},
		{free, "text", slices.Concat(onFree, fixed)},
		{free, "small", onFree},
		{free, "mixed", slices.Concat(onFree, fixed)},
		{slow, "random-slow", slices.Concat(usual, []contender{b.bare()}, fixed)},
		{slow, "text-slow", slices.Concat(usual, fixed)},
		{slow, "small-slow", usual},
		{slow, "mixed-slow", slices.Concat(usual, fixed)},
		// gzip's speed is its processor's, on a long line as on a free one.
		{long, "random", slices.Concat(plain, fixed)},
		{long, "text", slices.Concat(plain, fixed)},
		{long, "small", plain},
		{long, "mixed-slow", slices.Concat(plain, fixed)},
	} {
		if r.contenders = b.chosen(r); len(r.contenders) > 0 {
			races = append(races, r)
		}
	}
	return races
}

// chosen leaves out whom the flags leave out, and whom the program under test
// cannot be.
func (b *bench) chosen(r race) []contender {
	var chosen []contender
	for _, c := range r.contenders {
		if b.short && (!c.main || r.link == long || strings.HasPrefix(r.set, "mixed") || r.set == "small-slow") {
			continue
		}
		if b.wants(r.link+"/"+r.set+"/"+c.name) && b.able(c) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

func (b *bench) wants(name string) bool { return b.only.MatchString(name) }

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

// skip says loudly, once, that something is not measured.
func (b *bench) skip(why string) {
	if !slices.Contains(b.results.Skipped, why) {
		b.results.Skipped = append(b.results.Skipped, why)
		say("!!! SKIPPED %s", why)
	}
}
