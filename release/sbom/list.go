package sbom

import (
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// list is what programs consist of. A component that two of them have stands in it once.
type list struct {
	byRef map[string]component
	uses  map[string][]string // which components of the list each of the programs has
}

func newList(r Release) *list {
	l := &list{byRef: map[string]component{}, uses: map[string][]string{}}
	l.read(r.component(r.Program).Ref, r.Info)
	for _, inside := range r.Inside {
		c := r.component(inside)
		l.add(r.component(r.Program).Ref, c)
		l.read(c.Ref, inside.Info)
	}
	return l
}

// read adds the modules of a program, and Go's library.
func (l *list) read(program string, info *debug.BuildInfo) {
	for _, module := range Modules(info) {
		l.add(program, library(module))
	}
}

// Stdlib is the path under which Modules has Go's own library.
const Stdlib = "stdlib"

// Modules returns the parts of a program: Go's standard library, and the modules that the go command
// recorded, after replacements.
func Modules(info *debug.BuildInfo) []*debug.Module {
	modules := []*debug.Module{goModule(info)}
	for _, module := range info.Deps {
		for module.Replace != nil {
			module = module.Replace
		}
		modules = append(modules, module)
	}
	return modules
}

func (l *list) add(program string, c component) {
	l.byRef[c.Ref] = c
	l.uses[program] = append(l.uses[program], c.Ref)
}

// components returns all of them in order.
func (l *list) components() []component {
	result := make([]component, 0, len(l.byRef))
	for _, ref := range slices.Sorted(maps.Keys(l.byRef)) {
		result = append(result, l.byRef[ref])
	}
	return result
}

// dependencies begins with the program called first.
func (l *list) dependencies(root string) []dependency {
	var result []dependency
	for _, program := range slices.Sorted(maps.Keys(l.uses)) {
		refs := slices.Compact(slices.Sorted(slices.Values(l.uses[program])))
		d := dependency{Ref: program, DependsOn: refs}
		if program == root {
			result = slices.Insert(result, 0, d)
		} else {
			result = append(result, d)
		}
	}
	return result
}

// component is a program of the release.
func (r Release) component(p Program) component {
	purl := programPURL(p.Info, r.Version)
	return component{
		Type: "application", Ref: purl, Name: p.Name, Version: r.Version, PURL: purl,
		Hashes: []hash{{"SHA-256", p.SHA256}},
	}
}

// library is a module.
func library(module *debug.Module) component {
	purl := modulePURL(module.Path, module.Version)
	c := component{Type: "library", Ref: purl, Name: module.Path, Version: module.Version, PURL: purl}
	if module.Sum != "" {
		c.Properties = []property{{"go.sum", module.Sum}}
	}
	return c
}

// goModule is Go's own library, under the name that lists of vulnerabilities have for it.
func goModule(info *debug.BuildInfo) *debug.Module {
	version, _, _ := strings.Cut(info.GoVersion, " ") // experiments stand behind it
	return &debug.Module{Path: Stdlib, Version: strings.TrimPrefix(version, "go")}
}
