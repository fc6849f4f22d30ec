package spec

import (
	"fmt"
	"path"
	"regexp"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// MostBytes is how much a ConfigMap can hold: as much as a Secret.
const MostBytes = corev1.MaxSecretSize

// scriptDir is the directory of a script in the container.
const scriptDir = "/kubectl-batch"

// Script is a local file that the job runs, in a ConfigMap that the Job owns.
type Script struct {
	// ConfigMap is the name of the ConfigMap, which is derived from the name of the job.
	ConfigMap string
	// File is the name of the script in the container.
	File string
	Data []byte
}

// noKey matches what the key of a ConfigMap cannot have.
var noKey = regexp.MustCompile(`[^-._a-zA-Z0-9]`)

// NewScript names a script after its local file. It returns an error if the script is
// larger than MostBytes.
func NewScript(file string, data []byte) (*Script, error) {
	if len(data) > MostBytes {
		return nil, fmt.Errorf("file has %d bytes, but a ConfigMap holds at most %d (1 MiB); put it into the image, or on a volume (--pvc)", len(data), MostBytes)
	}
	return &Script{File: noKey.ReplaceAllString(path.Base(file), "_"), Data: data}, nil
}

// Path is the path of the script in the container.
func (s *Script) Path() string { return path.Join(scriptDir, s.File) }

// Command returns the command that runs the script: the script itself if it has a #! line, otherwise shell with the script.
func (s *Script) Command(shell string) []string {
	if len(s.Data) > 2 && string(s.Data[:2]) == "#!" {
		return []string{s.Path()}
	}
	return []string{shell, s.Path()}
}

// Object returns the ConfigMap to create for job.
func (s *Script) Object(job Job) *corev1.ConfigMap {
	object := &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: job.owned(s.ConfigMap, provenance.ScriptComponent)}
	if utf8.Valid(s.Data) {
		object.Data = map[string]string{s.File: string(s.Data)}
	} else {
		object.BinaryData = map[string][]byte{s.File: s.Data}
	}
	return object
}

// EnvSecret returns the Secret to create for values that job's containers get as variables.
func (j Job) EnvSecret(name string, values map[string]string) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: j.owned(name, provenance.EnvComponent),
		Type:       corev1.SecretTypeOpaque,
		StringData: values,
	}
}

// owned returns the metadata of an object that the Job will own: the owner reference is added
// after the Job was created.
func (j Job) owned(name, component string) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{Name: name, Namespace: j.Namespace}
	j.Stamp(&meta)
	metav1.SetMetaDataLabel(&meta, provenance.ComponentLabel, component)
	metav1.SetMetaDataLabel(&meta, provenance.JobLabel, j.Name)
	provenance.SetCreatedAs(&meta)
	return meta
}

// FromSecret returns a variable with the value of a key of a Secret. optional means that
// the key, and so the variable, may be missing.
func FromSecret(variable, secret, key string, optional bool) corev1.EnvVar {
	selector := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key}
	if optional {
		selector.Optional = &optional
	}
	return corev1.EnvVar{Name: variable, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: selector}}
}
