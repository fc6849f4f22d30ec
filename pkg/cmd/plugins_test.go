package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/test/k9s"
)

// row is what k9s knows of a selected one.
func row() map[string]string {
	return map[string]string{
		"NAME": "train", "NAMESPACE": "lab", "CONTEXT": "a context", "KUBECONFIG": "/home/dev/.kube/a:/home/dev/.kube/b",
	}
}

// asks reports whether a command asks for confirmation before it deletes something.
func asks(t *testing.T, verb string) bool {
	t.Helper()
	root, _ := tree()
	command, _, err := root.Find([]string{verb})
	if err != nil {
		t.Fatal(err)
	}
	return command.Flags().Lookup("yes") != nil
}

func TestPlugins(t *testing.T) {
	plugins, err := k9s.Read("../../plugins.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, plugin := range plugins {
		words, err := plugin.Words(row())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got[strings.Join(plugin.Scopes, " ")+" "+plugin.ShortCut] = strings.Join(words[:3], " ")
		if err := parse(append([]string{plugin.Command}, words...)...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if deletes := asks(t, words[1]); deletes != plugin.Confirm || deletes != plugin.Dangerous {
			t.Errorf("%s: confirm %v, dangerous %v", name, plugin.Confirm, plugin.Dangerous)
		}
	}
	equal(t, got, map[string]string{
		"jobs Shift-F": "batch fetch train", "jobs Shift-L": "batch logs train", "jobs Shift-X": "batch purge train",
		"persistentvolumeclaims Shift-F": "batch fetch pvc/train",
	})
}

// What k9s refuses or drops is found.
func TestPluginsFaults(t *testing.T) {
	for name, test := range map[string]struct{ from, to, want string }{
		"a key that is taken":    {"Shift-X", "Ctrl-D", "Ctrl-D means something else"},
		"a key twice":            {"Shift-L", "Shift-X", "Shift-X on jobs is"},
		"a key that is none":     {"Shift-L", "shift-l", `"shift-l" is no key`},
		"a field that is none":   {"dangerous", "danger", "danger"},
		"no scopes":              {"[persistentvolumeclaims]", "[]", "must be there"},
		"something beside it":    {"plugins:", "hotKeys: {}\nplugins:", "hotKeys"},
		"a number for a command": {"command: kubectl", "command: [kubectl]", "string"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("../../plugins.yaml")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "plugins.yaml")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), test.from, test.to)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := k9s.Read(file); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v; want %s", err, test.want)
			}
		})
	}
}
