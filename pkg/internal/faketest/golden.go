package faketest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
)

// updateVariable, if set, makes Golden write the files again.
const updateVariable = "BATCH_UPDATE_GOLDEN"

// Golden compares text with a file in testdata.
func Golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv(updateVariable) != "" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (%s=1 rewrites it): want -, got +:\n%s", path, updateVariable, diff)
	}
}

// GoldenYAML compares object with the file NAME.yaml in testdata.
func GoldenYAML(t *testing.T, name string, object runtime.Object) {
	t.Helper()
	var text bytes.Buffer
	if err := json.NewSerializerWithOptions(json.DefaultMetaFactory, nil, nil, json.SerializerOptions{Yaml: true}).Encode(object, &text); err != nil {
		t.Fatal(err)
	}
	Golden(t, name+".yaml", text.String())
}
