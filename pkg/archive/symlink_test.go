package archive

import "testing"

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
		{"l", "", ""},
		{"l", "..", ""},
		{"l", "/", ""},
		{"l", "/resultsx/f", ""},
		{"l", "/results/..", ""},
		{"l", "/results/a/../b", ""},
		{"d/l", "../..", ""},
		{"d/l", "a/..", ""},
		{"d/l", "../a/../b", ""},
		{"l", "a\x00b", ""},
	}
	for _, test := range tests {
		got, err := LinkTarget(test.link, test.target, "/results/")
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s -> %s: got %q, %v", test.link, test.target, got, err)
		}
	}
	for _, mount := range []string{"", "/"} {
		if got, err := LinkTarget("l", "/etc/passwd", mount); err == nil {
			t.Errorf("mounted at %q: got %q", mount, got)
		}
	}
}
