//go:build e2e

package e2e

import (
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-batch/kubectl-batch/test/k9s"
)

// asK9s runs an action of plugins.yaml on an object, with the words and in the way that k9s
// would.
func asK9s(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: k9s action name")
	}
	plugins, err := k9s.Read("../../plugins.yaml")
	ts.Check(err)
	action, ok := plugins[args[0]]
	if !ok {
		ts.Fatalf("plugins.yaml has no %s", args[0])
	}
	words, err := action.Words(map[string]string{
		"NAME": args[1], "NAMESPACE": ts.Getenv("NS"), "CONTEXT": "c", "KUBECONFIG": ts.Getenv("KUBECONFIG"),
	})
	ts.Check(err)
	if err := ts.Exec(action.Command, words...); (err != nil) != neg {
		ts.Fatalf("%s %s: %v", args[0], args[1], err)
	}
}
