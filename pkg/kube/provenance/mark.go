package provenance

import (
	"encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// A mark is an annotation whose value begins with the UID of its object. A copy
// of that object, created by kubectl, a backup or a repository of manifests, has the same annotation but
// another UID. So the mark is void on the copy.

// Bind returns the value of a mark with text for the object with that UID.
func Bind(uid types.UID, text string) string { return string(uid) + " " + text }

// Mark returns the text of the mark with that key on object. It is "" if object has no such mark, or if the
// mark belongs to another object.
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

// MarkPatch returns a JSON merge patch that writes marks to the object with that UID; an empty text removes a
// mark. The patch fails for another object of the same name and, if version
// is not "", for another version of the object.
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
