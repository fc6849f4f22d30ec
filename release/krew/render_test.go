package krew_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/release/krew"
)

const sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestRender(t *testing.T) {
	for name, c := range map[string]struct{ template, want string }{
		"tag": {"version: {{ .TagName }}", "version: v1.2.3"},
		"four spaces": {
			"  -\n    {{addURIAndSha \"https://h/{{ .TagName }}/a_{{ .TagName }}.tar.gz\" .TagName }}\n    bin: b",
			"  -\n    uri: https://h/v1.2.3/a_v1.2.3.tar.gz\n    sha256: " + sum + "\n    bin: b",
		},
		"six spaces": {
			"      {{addURIAndSha \"https://h/a\" .TagName | indent 6 }}\n",
			"      uri: https://h/a\n      sha256: " + sum + "\n",
		},
		"behind a dash": {
			"  - {{ indent 4 (addURIAndSha \"https://h/a\" .TagName) }}\n",
			"  - uri: https://h/a\n    sha256: " + sum + "\n",
		},
		"nothing of the others": {"[{{ .PluginName }}{{ .PluginOwner }}{{ .PluginRepo }}]", "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := krew.Render([]byte(c.template), "v1.2.3", func(string) (string, error) { return sum, nil })
			if err != nil || string(got) != c.want {
				t.Errorf("%v, %q instead of %q", err, got, c.want)
			}
		})
	}
}

func TestRenderErrors(t *testing.T) {
	for template, want := range map[string]string{
		"{{ .TagName": "unclosed",
		"{{ .Tag }}":  "Tag",
		`{{ addURIAndSha "{{ .Version }}" .TagName }}`: "Version",
		`{{ addURIAndSha "{{ .TagName" .TagName }}`:    "unclosed",
		`{{ addURIAndSha "https://h/a" .TagName }}`:    "no such archive",
	} {
		_, err := krew.Render([]byte(template), "v1.2.3", func(string) (string, error) {
			return "", errors.New("no such archive")
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", template, err)
		}
	}
}
