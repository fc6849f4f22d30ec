package helper

import corev1 "k8s.io/api/core/v1"

// podSecurity uses fsGroup values as supplementary groups: they give the same
// access, and kubelet changes the owner of no file.
func (i Identity) podSecurity() *corev1.PodSecurityContext {
	nonRoot := !i.Root()
	return &corev1.PodSecurityContext{
		RunAsUser: i.UID, RunAsGroup: i.GID, RunAsNonRoot: &nonRoot, SupplementalGroups: i.Groups, SELinuxOptions: i.SELinux,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containerSecurity drops all capabilities, except that root needs DAC_OVERRIDE
// to read the 0600 files of other users.
func (i Identity) containerSecurity() *corev1.SecurityContext {
	yes, no := true, false
	capabilities := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	if i.Root() {
		capabilities.Add = []corev1.Capability{"DAC_OVERRIDE"}
	}
	return &corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Capabilities: capabilities}
}
