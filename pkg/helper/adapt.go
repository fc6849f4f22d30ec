package helper

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// The most that a helper pod requests because a LimitRange demands a minimum, in millicores and bytes.
const (
	maxCPU    = 4000
	maxMemory = 4 << 30
	maxSpace  = 16 << 30
	// maxRaises limits how often a pod is raised for a LimitRange that demands more than a quota allows.
	maxRaises = 3
)

// adaptToRefusal changes the pod as a refusal of admission requires. It reports whether another attempt can succeed. The
// first change that applies is made; each is made a limited number of times.
func (s *Session) adaptToRefusal(refusal error) bool {
	switch {
	case apierrors.IsAlreadyExists(refusal):
		return true // a pod of another fetch: the next attempt has another name
	case aboutRequest(refusal) && !s.spec.RequestCPU:
		s.spec.RequestCPU = true
		return true
	case s.addSpace(refusal), s.raise(refusal), aboutSize(refusal) && s.shrink(refusal.Error()):
		return true
	case s.addLabels(refusal), s.useDefaultAccount(refusal), s.mountReadOnly(refusal):
		return true
	case aboutImage(refusal) && s.useJobImage(refusal.Error()):
		return true
	}
	return aboutUser(refusal) && s.changeUser(refusal)
}

// changeUser replaces root by user 65532. It replaces any other user by the user that the cluster assigns.
func (s *Session) changeUser(refusal error) bool {
	switch identity := s.spec.Identity; {
	case identity.Root():
		s.spec.Identity = identity.Unprivileged()
		s.report(fmt.Sprintf("Note: %v; retrying as user %d, which may not be able to read all files", refusal, fallbackUID))
	case !identity.Assigned:
		s.spec.Identity = identity.assigned()
		s.report(fmt.Sprintf("Note: user %d is refused, too: %v; retrying with the user that the cluster assigns, which may not be able to read all files", *identity.UID, refusal))
	default:
		return false
	}
	return true
}

// addLabels adds the labels of the job whose keys a refusal names.
func (s *Session) addLabels(refusal error) bool {
	if !denied(refusal) {
		return false
	}
	var added []string
	for _, key := range slices.Sorted(maps.Keys(s.spec.JobLabels)) {
		if _, present := s.spec.siteLabels()[key]; present || !canCopyLabel(key) || !containsWord(refusal.Error(), key) {
			continue
		}
		value := s.spec.JobLabels[key]
		s.spec.Labels = labels.Merge(s.spec.Labels, map[string]string{key: value})
		added = append(added, key+"="+value)
	}
	if len(added) > 0 {
		s.report(fmt.Sprintf("Note: %v; retrying with the labels of the job: %s", refusal, strings.Join(added, ", ")))
	}
	return len(added) > 0
}

// canCopyLabel reports whether a helper pod may have the label of a job with that key. Controllers count pods by some labels.
func canCopyLabel(key string) bool {
	switch key {
	case "pod-template-hash", "controller-uid", "job-name", provenance.ManagedByLabel, provenance.ComponentLabel:
		return false
	}
	return !strings.HasPrefix(key, "batch.kubernetes.io/") && !provenance.Reserved(key)
}

// containsWord reports whether text contains key as a word.
func containsWord(text, key string) bool {
	word := regexp.MustCompile(`(?:^|[^A-Za-z0-9_./-])` + regexp.QuoteMeta(key) + `(?:$|\.(?:$|[^A-Za-z0-9])|[^A-Za-z0-9_./-])`)
	return word.MatchString(text)
}

// useDefaultAccount replaces the service account of the job if it does not exist any more.
func (s *Session) useDefaultAccount(refusal error) bool {
	if s.spec.ServiceAccount == "" || s.spec.ServiceAccountChosen || !strings.Contains(refusal.Error(), "error looking up service account") {
		return false
	}
	s.spec.ServiceAccount = ""
	return true
}

// mountReadOnly makes only the mount read-only, if a policy or a volume driver refuses a volume that is read-only itself.
func (s *Session) mountReadOnly(refusal error) bool {
	return denied(refusal) && aboutReadOnly(refusal.Error()) && s.useReadOnlyMount(refusal.Error())
}

// useReadOnlyMount makes only the mount read-only, and reports this. It returns false if that was tried.
func (s *Session) useReadOnlyMount(refusal string) bool {
	if s.spec.mountReadOnly {
		return false
	}
	s.spec.mountReadOnly = true
	s.report("Note: " + refusal + "; retrying with a volume that is not read-only itself, and a read-only mount of it")
	return true
}

// addSpace sets a limit of ephemeral storage if a quota requires one, and lowers it if a quota has less.
func (s *Session) addSpace(refusal error) bool {
	space := s.spec.EphemeralStorage.Value()
	switch {
	case space == 0 && requiresSpace(refusal):
		space = agentSpace
	case space > minSpace && exceedsSpace(refusal):
		space = max(space/2, minSpace)
	default:
		return false
	}
	s.spec.EphemeralStorage = *resource.NewQuantity(space, resource.BinarySI)
	return true
}

// raise raises limits and requests to the minimum of a LimitRange.
func (s *Session) raise(refusal error) bool {
	if !apierrors.IsForbidden(refusal) || s.raises >= maxRaises {
		return false
	}
	raised := false
	for _, match := range minimum.FindAllStringSubmatch(refusal.Error(), -1) {
		least, err := resource.ParseQuantity(match[2])
		if err != nil {
			continue
		}
		target, limit := s.amount(match[1])
		if target.Cmp(least) < 0 && least.Cmp(limit) <= 0 {
			*target, raised = least, true
		}
	}
	if raised {
		s.raises++
	}
	return raised
}

// amount returns the limit of the pod for a resource, and the most that it is raised to.
func (s *Session) amount(name string) (*resource.Quantity, resource.Quantity) {
	switch name {
	case "cpu":
		return &s.spec.CPU, *resource.NewMilliQuantity(maxCPU, resource.DecimalSI)
	case "memory":
		return &s.spec.Memory, *resource.NewQuantity(maxMemory, resource.BinarySI)
	}
	return &s.spec.EphemeralStorage, *resource.NewQuantity(maxSpace, resource.BinarySI)
}

// advice returns what the user can do after a refusal to which the pod was not adapted; "" for nothing.
func advice(refusal error) string {
	text := refusal.Error()
	switch {
	case minimum.MatchString(text):
		return "; use --helper-cpu or --helper-memory to set what the LimitRange requires"
	case denied(refusal) && strings.Contains(strings.ToLower(text), "label"):
		return "; if the pod lacks a label, set it with --helper-label=KEY=VALUE"
	}
	return ""
}
