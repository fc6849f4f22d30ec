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

// scriptDir is where a script lies in the container.
const scriptDir = "/kubectl-batch"

// Script is a local file that the job runs, in a ConfigMap that the Job owns.
type Script struct {
	// ConfigMap is its name, which comes with the job's.
	ConfigMap string
	// File is the name of the script in the container.
	File string
	Data []byte
}

// noKey matches what the key of a ConfigMap cannot have.
var noKey = regexp.MustCompile(`[^-._a-zA-Z0-9]`)

// NewScript names a script after its local file. It is an error where it is
// larger than a ConfigMap can be.
func NewScript(file string, data []byte) (*Script, error) {
	if len(data) > MostBytes {
		return nil, fmt.Errorf("file has %d bytes, but a ConfigMap holds at most %d (1 MiB); put it into the image, or on a volume (--pvc)", len(data), MostBytes)
	}
	return &Script{File: noKey.ReplaceAllString(path.Base(file), "_"), Data: data}, nil
}

// Path is where the script lies in the container.
func (s *Script) Path() string { return path.Join(scriptDir, s.File) }

// Command runs the script: as the program that its #! line names, else in shell.
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

// owned describes an object that the Job will own: the reference to it is added
// when the Job is there.
func (j Job) owned(name, component string) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{Name: name, Namespace: j.Namespace}
	j.Stamp(&meta)
	metav1.SetMetaDataLabel(&meta, provenance.ComponentLabel, component)
	metav1.SetMetaDataLabel(&meta, provenance.JobLabel, j.Name)
	provenance.SetCreatedAs(&meta)
	return meta
}

// FromSecret returns a variable that takes its value from a key of a Secret; where
// that key may be missing, so may the variable.
func FromSecret(variable, secret, key string, optional bool) corev1.EnvVar {
	selector := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key}
	if optional {
		selector.Optional = &optional
	}
	return corev1.EnvVar{Name: variable, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: selector}}
}
