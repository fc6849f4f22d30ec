package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// User is the user that pods run as.
type User struct {
	UID int64
	// GID is nil for the image's own group.
	GID *int64
}

// ParseUser reads UID[:GID].
func ParseUser(text string) (*User, error) {
	uid, gid, hasGroup := strings.Cut(text, ":")
	user, err := parseID(uid)
	if err != nil {
		return nil, fmt.Errorf("must be UID or UID:GID, with numbers from 0 to %d", math.MaxInt32)
	}
	if !hasGroup {
		return &User{UID: user}, nil
	}
	group, err := parseID(gid)
	if err != nil {
		return nil, fmt.Errorf("invalid GID %q: must be a number from 0 to %d", gid, math.MaxInt32)
	}
	return &User{UID: user, GID: &group}, nil
}

func parseID(text string) (int64, error) {
	id, err := strconv.ParseUint(text, 10, 31)
	return int64(id), err
}

// Group returns the group that a user's volumes are best given to.
func (u *User) Group() int64 {
	if u.GID != nil {
		return *u.GID
	}
	return u.UID
}

// secure makes the pods run as the requested user, with the settings that the Pod
// Security Standard "restricted" requires.
func (j Job) secure(pod *corev1.PodSpec, container *corev1.Container) {
	if j.RunAs == nil && j.FSGroup == nil {
		return
	}
	if pod.SecurityContext == nil {
		pod.SecurityContext = &corev1.PodSecurityContext{}
	}
	if set(&pod.SecurityContext.FSGroup, j.FSGroup); j.FSGroup != nil {
		onMismatch := corev1.FSGroupChangeOnRootMismatch // a volume full of files is gone through once, not each time
		pod.SecurityContext.FSGroupChangePolicy = &onMismatch
	}
	if j.RunAs == nil {
		return
	}
	if security := container.SecurityContext; security != nil {
		// These take precedence over the values of the pod.
		security.RunAsUser = nil
		security.RunAsGroup = nil
		security.RunAsNonRoot = nil
	}
	if j.RunAs.applyTo(pod.SecurityContext); j.RunAs.UID == 0 {
		return // the standard does not take root, whatever else it lacks
	}
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range containers {
			confine(&containers[i])
		}
	}
}

func (u *User) applyTo(pod *corev1.PodSecurityContext) {
	notRoot := u.UID != 0
	pod.RunAsUser, pod.RunAsGroup = &u.UID, u.GID
	pod.RunAsNonRoot = &notRoot
	pod.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
}

// confine removes from a container what the standard forbids.
func confine(container *corev1.Container) {
	if container.SecurityContext == nil {
		container.SecurityContext = &corev1.SecurityContext{}
	}
	context, no := container.SecurityContext, false
	context.AllowPrivilegeEscalation = &no
	context.Privileged = nil
	context.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
}
