package helper

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// fallbackUID is the user for clusters whose admission refuses root. Distroless images
// call this user nonroot.
const fallbackUID = 65532

// Identity is the user that reads the volume.
type Identity struct {
	// UID and GID; nil leaves them to the image.
	UID *int64 `json:"uid,omitempty"`
	GID *int64 `json:"gid,omitempty"`
	// Assigned means that the cluster assigns UID and GID, as OpenShift does from the range of the namespace.
	Assigned bool `json:"assigned,omitempty"`
	// Groups besides GID.
	Groups  []int64                `json:"groups,omitempty"`
	SELinux *corev1.SELinuxOptions `json:"seLinux,omitempty"`
}

// Root reports whether the identity is root.
func (i Identity) Root() bool { return !i.Assigned && (i.UID == nil || *i.UID == 0) }

// Text returns the identity for an annotation; ParseIdentity reads it.
func (i Identity) Text() string {
	text, err := json.Marshal(i)
	if err != nil {
		return ""
	}
	return string(text)
}

// ParseIdentity reads what Text wrote. It returns false for any other text and for an identity without a UID.
func ParseIdentity(text string) (Identity, bool) {
	var i Identity
	err := json.Unmarshal([]byte(text), &i)
	return i, err == nil && i.UID != nil
}

// IdentityOf returns the user that wrote the files on a job's volume. The first of these that is known is used:
// the securityContext in spec, the user in the status of a pod, the identity recorded in an annotation, root.
// container is the name of the container that mounts the volume.
func IdentityOf(spec corev1.PodSpec, container string, pods []*corev1.Pod, recorded string) Identity {
	identity := fromSpec(spec, container)
	if identity.UID != nil {
		return identity
	}
	if ran, ok := ReportedIdentity(pods, container); ok {
		identity.UID, identity.GID = ran.UID, ran.GID
		identity.Groups = union(identity.Groups, ran.Groups)
		return identity
	}
	if parsed, ok := ParseIdentity(recorded); ok {
		return parsed
	}
	root := int64(0)
	identity.UID = &root
	return identity
}

// DeclaredIdentity returns the user that spec declares for container; false if the image decides.
func DeclaredIdentity(spec corev1.PodSpec, container string) (Identity, bool) {
	identity := fromSpec(spec, container)
	return identity, identity.UID != nil
}

func fromSpec(spec corev1.PodSpec, container string) Identity {
	var identity Identity
	if pod := spec.SecurityContext; pod != nil {
		identity = Identity{UID: pod.RunAsUser, GID: pod.RunAsGroup, Groups: slices.Clone(pod.SupplementalGroups), SELinux: pod.SELinuxOptions}
		if pod.FSGroup != nil {
			identity.Groups = union(identity.Groups, []int64{*pod.FSGroup})
		}
	}
	containers := slices.Concat(spec.Containers, spec.InitContainers)
	i := slices.IndexFunc(containers, func(c corev1.Container) bool { return c.Name == container })
	if i < 0 || containers[i].SecurityContext == nil {
		return identity
	}
	security := containers[i].SecurityContext
	if security.RunAsUser != nil {
		identity.UID = security.RunAsUser
	}
	if security.RunAsGroup != nil {
		identity.GID = security.RunAsGroup
	}
	if security.SELinuxOptions != nil {
		identity.SELinux = security.SELinuxOptions
	}
	return identity
}

// ReportedIdentity returns the user that the container ran as in one of the pods. The kubelet of
// Kubernetes 1.31 and later reports it; false if no pod has it.
func ReportedIdentity(pods []*corev1.Pod, container string) (Identity, bool) {
	for _, pod := range pods {
		for _, status := range slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses) {
			if status.Name == container && status.User != nil && status.User.Linux != nil {
				user := status.User.Linux
				return Identity{UID: &user.UID, GID: &user.GID, Groups: user.SupplementalGroups}, true
			}
		}
	}
	return Identity{}, false
}

func union(a, b []int64) []int64 {
	ids := slices.Concat(a, b)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Unprivileged returns identity with the UID and GID 65532. The groups and the SELinux
// label stay, because they may give access to files that the user cannot read.
func (i Identity) Unprivileged() Identity {
	id, groups := int64(fallbackUID), i.Groups
	if i.GID != nil && *i.GID != 0 {
		groups = union(groups, []int64{*i.GID})
	}
	return Identity{UID: &id, GID: &id, Groups: groups, SELinux: i.SELinux}
}

// assigned returns identity with the UID and GID that the cluster assigns. The groups and the SELinux label stay.
func (i Identity) assigned() Identity {
	return Identity{Assigned: true, Groups: i.Groups, SELinux: i.SELinux}
}
