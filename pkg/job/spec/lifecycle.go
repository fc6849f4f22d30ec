package spec

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// retries is the default number of retries if exit statuses decide
// whether to retry.
const retries = 3

// Lifecycle is how long and how often.
type Lifecycle struct {
	// TTL in seconds after the end, until the cluster deletes the job.
	TTL *int32
	// Time in seconds that each pod may take from its start on a node; Deadline in
	// seconds that the job may take, from its making.
	Time, Deadline *int64
	// BackoffLimit is how often a failed pod is replaced.
	BackoffLimit *int32

	Array *Array
	// RetriesPerTask is how often a failed task of an array is tried again.
	RetriesPerTask *int32
	// MaxFailedTasks ends an array when more have failed.
	MaxFailedTasks *int32

	Completions, Parallelism *int32

	// RetryOn are the exit statuses after which a pod is retried, FailOn those after which it
	// is not; sorted.
	RetryOn, FailOn []int32

	Suspend       bool
	Queue         string
	PriorityClass string
}

func (l Lifecycle) applyTo(job *batchv1.Job) {
	s := &job.Spec
	set(&s.TTLSecondsAfterFinished, l.TTL)
	set(&s.ActiveDeadlineSeconds, l.Deadline)
	set(&s.Template.Spec.ActiveDeadlineSeconds, l.Time)
	set(&s.Template.Spec.PriorityClassName, l.PriorityClass)
	set(&s.Completions, l.Completions)
	set(&s.Parallelism, l.Parallelism)
	if l.Suspend {
		s.Suspend = &l.Suspend
	}
	if l.Queue != "" {
		metav1.SetMetaDataLabel(&job.ObjectMeta, reason.QueueLabel, l.Queue)
	}
	if l.Array != nil {
		l.Array.applyTo(s)
	}
	l.limits(s)
	if rules := l.rules(indexed(s)); rules != nil {
		s.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: rules}
	} else if l.Array != nil && s.PodFailurePolicy != nil {
		failTasks(s.PodFailurePolicy.Rules)
	}
}

// failTasks has rules that end a job end a task.
func failTasks(rules []batchv1.PodFailurePolicyRule) {
	for i := range rules {
		if rules[i].Action == batchv1.PodFailurePolicyActionFailJob {
			rules[i].Action = batchv1.PodFailurePolicyActionFailIndex
		}
	}
}

// limits sets how often pods are tried again: in an array each task on its own,
// since one that fails for good would end all others otherwise.
func (l Lifecycle) limits(s *batchv1.JobSpec) {
	if l.Array != nil {
		s.BackoffLimit = nil // one that is there would end all tasks for one
	}
	set(&s.BackoffLimit, l.BackoffLimit)
	set(&s.BackoffLimitPerIndex, l.RetriesPerTask)
	set(&s.MaxFailedIndexes, l.MaxFailedTasks)
	tries, byExit := int32(0), l.RetryOn != nil || l.FailOn != nil
	if byExit {
		tries = retries
	}
	if indexed(s) {
		if l.RetriesPerTask == nil && none(s.BackoffLimitPerIndex) && (l.Array != nil || byExit) {
			s.BackoffLimitPerIndex = &tries
		}
	} else if l.BackoffLimit == nil && none(s.BackoffLimit) && byExit {
		s.BackoffLimit = &tries
	}
}

// none reports whether a limit allows no other try.
func none(limit *int32) bool { return limit == nil || *limit == 0 }

func indexed(s *batchv1.JobSpec) bool {
	return s.CompletionMode != nil && *s.CompletionMode == batchv1.IndexedCompletion
}

// rules are tried in their order, and the first that fits decides. A pod that
// was evicted or preempted was no failure of the job.
func (l Lifecycle) rules(perTask bool) []batchv1.PodFailurePolicyRule {
	if l.RetryOn == nil && l.FailOn == nil {
		return nil
	}
	fail := batchv1.PodFailurePolicyActionFailJob
	if perTask {
		fail = batchv1.PodFailurePolicyActionFailIndex
	}
	rules := []batchv1.PodFailurePolicyRule{{
		Action:          batchv1.PodFailurePolicyActionIgnore,
		OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}},
	}}
	if l.FailOn != nil {
		rules = append(rules, onExit(fail, batchv1.PodFailurePolicyOnExitCodesOpIn, l.FailOn))
	}
	if l.RetryOn != nil {
		rules = append(rules, onExit(fail, batchv1.PodFailurePolicyOnExitCodesOpNotIn, l.RetryOn))
	}
	return rules
}

func onExit(action batchv1.PodFailurePolicyAction, operator batchv1.PodFailurePolicyOnExitCodesOperator, values []int32) batchv1.PodFailurePolicyRule {
	return batchv1.PodFailurePolicyRule{Action: action, OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{Operator: operator, Values: values}}
}
