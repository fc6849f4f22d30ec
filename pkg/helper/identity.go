package helper

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// nobody is the user of last resort where admission refuses root; it is what
// distroless images call nonroot.
const nobody = 65532

// Identity is the user that reads the volume.
type Identity struct {
	// UID and GID; nil leaves them to the image.
	UID *int64 `json:"uid,omitempty"`
	GID *int64 `json:"gid,omitempty"`
	// Groups besides GID.
	Groups  []int64                `json:"groups,omitempty"`
	SELinux *corev1.SELinuxOptions `json:"seLinux,omitempty"`
}

// Root reports whether the identity is root.
func (i Identity) Root() bool { return i.UID == nil || *i.UID == 0 }

// Text returns the identity for an annotation; ParseIdentity reads it.
func (i Identity) Text() string {
	text, err := json.Marshal(i)
	if err != nil {
		return ""
	}
	return string(text)
}

// ParseIdentity reads what Text wrote; anything else is no identity.
func ParseIdentity(text string) (Identity, bool) {
	var i Identity
	err := json.Unmarshal([]byte(text), &i)
	return i, err == nil && i.UID != nil
}

// IdentityOf returns the user that the files on a job's volume were written
// with: that of the securityContext of spec; else what a pod's status says it
// really ran as; else what was recorded; else root. container names the one
// that mounts the volume.
func IdentityOf(spec corev1.PodSpec, container string, pods []*corev1.Pod, recorded string) Identity {
	identity := fromSpec(spec, container)
	if identity.UID != nil {
		return identity
	}
	if ran, ok := Ran(pods, container); ok {
		identity.UID, identity.GID = ran.UID, ran.GID
		identity.Groups = union(identity.Groups, ran.Groups)
		return identity
	}
	if known, ok := ParseIdentity(recorded); ok {
		return known
	}
	root := int64(0)
	identity.UID = &root
	return identity
}

// DeclaredIdentity returns the user that spec itself names for container; false where it leaves that to the image.
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
	all := slices.Concat(spec.Containers, spec.InitContainers)
	i := slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == container })
	if i < 0 || all[i].SecurityContext == nil {
		return identity
	}
	own := all[i].SecurityContext
	if own.RunAsUser != nil {
		identity.UID = own.RunAsUser
	}
	if own.RunAsGroup != nil {
		identity.GID = own.RunAsGroup
	}
	if own.SELinuxOptions != nil {
		identity.SELinux = own.SELinuxOptions
	}
	return identity
}

// Ran returns the user that container of one of the pods really ran as, where
// the kubelet reports it (Kubernetes 1.31 and later).
func Ran(pods []*corev1.Pod, container string) (Identity, bool) {
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
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// Nobody returns identity with the user of last resort; its groups and SELinux
// label stay, they may open what the user cannot.
func (i Identity) Nobody() Identity {
	id, groups := int64(nobody), i.Groups
	if i.GID != nil && *i.GID != 0 {
		groups = union(groups, []int64{*i.GID})
	}
	return Identity{UID: &id, GID: &id, Groups: groups, SELinux: i.SELinux}
}
