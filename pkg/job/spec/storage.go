package spec

import (
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// shmPath is the mount point of shared memory.
const shmPath = "/dev/shm"

// Storage is what the container finds besides its image.
type Storage struct {
	// Results names the claim that the job leaves its results on; empty for none.
	Results string
	// Mounts are all claims, that of the results too.
	Mounts []Mount
	// Scratch ends with the pod.
	Scratch []Scratch
	Files   []Files
	Script  *Script
	// EnvSecret is the Secret with variables that the job owns; empty for none.
	EnvSecret string
	// Shm is the most that /dev/shm holds; nil for the runtime's own 64 MiB.
	Shm *resource.Quantity
	// OneNode are the claims that one node at a time may use.
	OneNode []OneNode
}

// OneNode is a claim that one node at a time may use. Pods that have one are
// labelled with it.
type OneNode struct {
	Claim string
	// Together keeps the pods of the job on the node of all that are so labelled.
	Together bool
}

// Mount is a claim as the container has it.
type Mount struct {
	claim.Mount

	// PerTask gives each task of an array its own directory, named by its number.
	PerTask bool
}

// Scratch is an empty directory on the node's disk.
type Scratch struct {
	Size resource.Quantity
	Path string
}

// Files are the entries of a Secret or a ConfigMap as files.
type Files struct {
	// Secret or ConfigMap is its name; one of both is set.
	Secret, ConfigMap string
	Path              string
}

// Paths returns the mount paths of this request in the container, each with a description
// for users.
func (s Storage) Paths() [][2]string {
	var paths [][2]string
	for _, m := range s.Mounts {
		paths = append(paths, [2]string{m.Path, "claim " + m.Claim})
	}
	for _, scratch := range s.Scratch {
		paths = append(paths, [2]string{scratch.Path, "--scratch"})
	}
	for _, f := range s.Files {
		paths = append(paths, [2]string{f.Path, f.name()})
	}
	if s.Shm != nil {
		paths = append(paths, [2]string{shmPath, "--shm-size"})
	}
	if s.Script != nil {
		paths = append(paths, [2]string{scriptDir, "--script"})
	}
	return paths
}

func (f Files) name() string {
	if f.Secret != "" {
		return "Secret " + f.Secret
	}
	return "ConfigMap " + f.ConfigMap
}

func (s Storage) applyTo(job *batchv1.Job, container *corev1.Container) {
	m := mounter{pod: &job.Spec.Template.Spec, container: container}
	for _, mount := range s.Mounts {
		m.claim(mount)
	}
	for _, scratch := range s.Scratch {
		m.empty(scratch.Path, &corev1.EmptyDirVolumeSource{SizeLimit: &scratch.Size})
	}
	if s.Shm != nil {
		m.empty(shmPath, &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory, SizeLimit: s.Shm})
	}
	for _, f := range s.Files {
		m.files(f)
	}
	if s.Script != nil {
		metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.ScriptAnnotation, s.Script.ConfigMap)
		m.mount(m.volume(configMap(s.Script.ConfigMap, executable)), corev1.VolumeMount{MountPath: scriptDir, ReadOnly: true})
	}
	if s.Results != "" {
		metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.ResultsAnnotation, s.Results)
	}
	if s.EnvSecret != "" {
		secrets := append(provenance.EnvSecrets(job), s.EnvSecret)
		metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.EnvAnnotation, strings.Join(secrets, ","))
	}
	for _, entry := range s.OneNode {
		if label := provenance.ClaimLabel(entry.Claim); entry.Together {
			together(&job.Spec.Template, label)
		} else {
			metav1.SetMetaDataLabel(&job.Spec.Template.ObjectMeta, label, "")
		}
	}
}

// executable is the mode of a script: readable and executable for all.
const executable = 0o555

func configMap(name string, mode int32) corev1.VolumeSource {
	source := &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}
	if mode != 0 {
		source.DefaultMode = &mode
	}
	return corev1.VolumeSource{ConfigMap: source}
}

// mounter adds volumes to a pod, and mounts them in one container.
type mounter struct {
	pod       *corev1.PodSpec
	container *corev1.Container
}

func (m mounter) claim(mount Mount) {
	volumeMount := corev1.VolumeMount{MountPath: mount.Path, SubPath: mount.SubPath, ReadOnly: mount.ReadOnly}
	if mount.PerTask {
		volumeMount.SubPath, volumeMount.SubPathExpr = "", claim.PerTask(mount.SubPath)
	}
	m.mount(m.volumeOf(mount.Claim, mount.ReadOnly), volumeMount)
}

// volumeOf returns the name of the volume for a claim. It is one volume, even if some of its
// mounts are read-only and others are not: with two volumes of one claim, kubelet mounts only one of them,
// completely read-only or completely writable.
func (m mounter) volumeOf(claim string, readOnly bool) string {
	for i := range m.pod.Volumes {
		v := &m.pod.Volumes[i]
		if !ofClaim(claim)(v.VolumeSource) {
			continue
		}
		if v.PersistentVolumeClaim.ReadOnly && !readOnly {
			v.PersistentVolumeClaim.ReadOnly = false
			m.readOnly(v.Name)
		}
		return v.Name
	}
	return m.add(corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim, ReadOnly: readOnly}})
}

// readOnly keeps the mounts of a volume read-only after the volume has become writable.
func (m mounter) readOnly(volume string) {
	for _, containers := range [][]corev1.Container{m.pod.InitContainers, m.pod.Containers} {
		for i := range containers {
			for j := range containers[i].VolumeMounts {
				if mount := &containers[i].VolumeMounts[j]; mount.Name == volume {
					mount.ReadOnly = true
				}
			}
		}
	}
}

func (m mounter) files(f Files) {
	source := configMap(f.ConfigMap, 0)
	if f.Secret != "" {
		source = corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: f.Secret}}
	}
	m.mount(m.volume(source), corev1.VolumeMount{MountPath: f.Path, ReadOnly: true})
}

// empty mounts a new empty directory, even if another one has the same size.
func (m mounter) empty(path string, source *corev1.EmptyDirVolumeSource) {
	m.mount(m.add(corev1.VolumeSource{EmptyDir: source}), corev1.VolumeMount{MountPath: path})
}

// volume returns the name of the volume with that source. It adds the volume if
// the pod has none.
func (m mounter) volume(source corev1.VolumeSource) string {
	for _, v := range m.pod.Volumes {
		if equality.Semantic.DeepEqual(v.VolumeSource, source) {
			return v.Name
		}
	}
	return m.add(source)
}

func (m mounter) add(source corev1.VolumeSource) string {
	name := ""
	for i := 0; name == "" || slices.ContainsFunc(m.pod.Volumes, func(v corev1.Volume) bool { return v.Name == name }); i++ {
		name = fmt.Sprintf("volume-%d", i)
	}
	m.pod.Volumes = append(m.pod.Volumes, corev1.Volume{Name: name, VolumeSource: source})
	return name
}

func (m mounter) mount(name string, volumeMount corev1.VolumeMount) {
	volumeMount.Name = name
	m.container.VolumeMounts = append(m.container.VolumeMounts, volumeMount)
}

// PerTask gives each task its own directory on a claim that the pods of job
// write to.
func PerTask(job *batchv1.Job, pvc string) {
	names := volumes(&job.Spec.Template.Spec, ofClaim(pvc))
	for i := range job.Spec.Template.Spec.Containers {
		mounts := job.Spec.Template.Spec.Containers[i].VolumeMounts
		for j := range mounts {
			if m := &mounts[j]; names[m.Name] && !m.ReadOnly && m.SubPathExpr == "" {
				m.SubPath, m.SubPathExpr = "", claim.PerTask(m.SubPath)
			}
		}
	}
}
