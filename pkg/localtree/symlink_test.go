package localtree

import (
	"errors"
	"testing"
)

func TestLinkTarget(t *testing.T) {
	tests := []struct{ link, target, want string }{
		{"l", "f", "f"},
		{"l", "./f/", "./f/"},
		{"l", ".", "."},
		{"d/l", "..", ".."},
		{"d/e/l", "../../f//g", "../../f//g"},
		{"d/e/l", "./../x", "./../x"},
		{"l", "/results", "."},
		{"l", "/results/", "."},
		{"d/e/l", "/results", "../.."},
		{"d/l", "/results/run1/f", "../run1/f"},
		{"d/l", "/results/./run1//f", "../run1/f"},
		{"d/l", "/results/d/e", "e"},
		// What ".." stands behind is resolved by the text.
		{"l", "a/../b", "b"},
		{"d/l", "a/..", "."},
		{"d/l", "../a/../b", "../b"},
		{"d/l", "a/../../b", "../b"},
		{"l", "/results/a/../b", "b"},
		{"d/l", "../../results/f", "../f"},
		// These lead to something else.
		{"l", "", ""},
		{"l", "..", ""},
		{"l", "/", ""},
		{"l", "/resultsx/f", ""},
		{"l", "/results/..", ""},
		{"l", "/results/../f", ""},
		{"l", "a/../../b", ""},
		{"d/l", "../..", ""},
		{"l", "a\x00b", ""},
	}
	layout := NewLayout("", Mount{Path: "/results/"})
	for _, test := range tests {
		got, err := layout.LinkTarget(test.link, test.target)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s -> %s: got %q, %v", test.link, test.target, got, err)
		}
	}
	for name, layout := range map[string]*Layout{"nothing known": nil, "no mount": NewLayout(""), "mounted at the root": NewLayout("", Mount{Path: "/"})} {
		if got, err := layout.LinkTarget("l", "/etc/passwd"); err == nil {
			t.Errorf("%s: got %q", name, got)
		}
		if got, err := layout.LinkTarget("l", "a/../b"); got != "b" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// TestLinksOfTheSameClaim: what leads to another directory of the claim is told from what leads to none.
func TestLinksOfTheSameClaim(t *testing.T) {
	tasks := NewLayout("", Mount{Path: "/results", Dir: "0"}, Mount{Path: "/results", Dir: "1"}, Mount{Path: "/shared"})
	sub := NewLayout("runs/7", Mount{Path: "/data", Dir: "runs/7"}, Mount{Path: "/all"})
	pods := NewLayout("jobs", Mount{Path: "/out", Dir: "jobs", Each: true})
	var nothing *Layout
	for _, test := range []struct {
		name         string
		layout       *Layout
		link, target string
		text, place  string // neither: it leads out of the claim
	}{
		{"a task's own directory", tasks, "0/l", "/results/f", "f", ""},
		{"a task's own directory, deeper", tasks, "1/d/l", "/results/f", "../f", ""},
		{"another task's directory", tasks, "0/l", "../1/f", "../1/f", ""},
		{"both mounts of a task", tasks, "0/l", "/shared/1/f", "../1/f", ""},
		{"of no task", tasks, "common/l", "/results/f", "", ""},
		{"a program of the image", tasks, "0/bin/python", "/usr/bin/python3", "", ""},
		{"above the claim", tasks, "0/l", "../../f", "", ""},
		{"beside the sub-path", sub, "l", "../8/f", "", "runs/8/f"},
		{"above the sub-path", sub, "d/l", "../../..", "", "."},
		{"beside the sub-path, by the other mount", sub, "l", "/all/runs/8", "", "runs/8"},
		{"in the sub-path, by the other mount", sub, "l", "/all/runs/7/f", "f", ""},
		{"in the sub-path", sub, "d/l", "/data/f", "../f", ""},
		{"above the claim of the sub-path", sub, "l", "../../../f", "", ""},
		{"a pod's own directory", pods, "pod-x/d/l", "/out/f", "../f", ""},
		{"of no pod", pods, "l", "/out/f", "", ""},
		{"nothing known", nothing, "l", "../f", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, err := test.layout.LinkTarget(test.link, test.target)
			outside, ok := errors.AsType[*OutsideError](err)
			if text != test.text || ok != (text == "") || ok && outside.Place != test.place {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}
