package claim

import corev1 "k8s.io/api/core/v1"

// IsDevice reports whether a claim is a block device, which has no files.
func IsDevice(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Spec.VolumeMode != nil && *claim.Spec.VolumeMode == corev1.PersistentVolumeBlock
}
