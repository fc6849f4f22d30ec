package claim

import (
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// PodDir is a directory that is deleted with its pod.
type PodDir struct {
	// Volume is the name of an emptyDir volume.
	Volume    string
	Container string
	// Path is the mount path in the container.
	Path string
}

// EmptyDirs returns the emptyDir volumes that the containers of spec can write to, without those in memory.
func EmptyDirs(spec corev1.PodSpec) []PodDir { return dirsOn(spec, isEmptyDir) }

func isEmptyDir(v corev1.Volume) bool {
	return v.EmptyDir != nil && v.EmptyDir.Medium != corev1.StorageMediumMemory
}

func isEphemeral(v corev1.Volume) bool { return v.Ephemeral != nil }

// dirsOn returns the directories of those volumes that the containers of spec can write to.
func dirsOn(spec corev1.PodSpec, chosen func(corev1.Volume) bool) []PodDir {
	names := map[string]bool{}
	for _, v := range spec.Volumes {
		names[v.Name] = chosen(v)
	}
	var dirs []PodDir
	for _, container := range spec.Containers {
		for _, mount := range container.VolumeMounts {
			if names[mount.Name] && !mount.ReadOnly {
				dirs = append(dirs, PodDir{Volume: mount.Name, Container: container.Name, Path: path.Clean(mount.MountPath)})
			}
		}
	}
	return dirs
}

// DeletedWithPods returns the names of the volumes that can hold results of job and are deleted with its pods, without
// duplicates: generic ephemeral volumes, and emptyDir volumes if job writes to no claim.
func DeletedWithPods(job *batchv1.Job) []string {
	spec := job.Spec.Template.Spec
	dirs := dirsOn(spec, isEphemeral)
	if len(Written(job)) == 0 {
		dirs = append(dirs, dirsOn(spec, isEmptyDir)...)
	}
	var names []string
	for _, dir := range dirs {
		if !slices.Contains(names, dir.Volume) {
			names = append(names, dir.Volume)
		}
	}
	return names
}

// Holds reports whether a path, as the container sees it, is in the directory.
func (d PodDir) Holds(file string) bool { return holds(d.Path, path.Clean(file)) }
