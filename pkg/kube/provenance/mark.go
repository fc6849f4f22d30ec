package provenance

import (
	"encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// A mark is an annotation of which the value begins with the UID of the object that it was written on. A copy
// of that object, made by kubectl, a backup or a repository of manifests, carries the annotation along, but has
// another UID. So the mark is void on the copy.

// Bind returns the value of a mark that says text on the object with that UID.
func Bind(uid types.UID, text string) string { return string(uid) + " " + text }

// Mark returns what the mark of that key says on object. It is "" where object has no such mark, and where the
// mark was written on another object.
func Mark(object metav1.Object, key string) string {
	if object.GetUID() == "" {
		return ""
	}
	text, ok := strings.CutPrefix(object.GetAnnotations()[key], string(object.GetUID())+" ")
	if !ok {
		return ""
	}
	return text
}

// MarkPatch returns a JSON merge patch that writes marks onto the object with that UID; an empty text removes a
// mark. Another object of the same name refuses the patch. So does another version of the object, where version
// is not "".
func MarkPatch(uid types.UID, version string, marks map[string]string) ([]byte, error) {
	values := map[string]any{}
	for key, text := range marks {
		values[key] = nil
		if text != "" {
			values[key] = Bind(uid, text)
		}
	}
	metadata := map[string]any{"uid": uid, "annotations": values}
	if version != "" {
		metadata["resourceVersion"] = version
	}
	return json.Marshal(map[string]any{"metadata": metadata})
}
