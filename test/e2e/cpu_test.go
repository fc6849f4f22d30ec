//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	podresource "k8s.io/component-helpers/resource"
)

// cpuLine begins the line by which a script says how much CPU its pods request at most at one time.
const cpuLine = "# cpu: "

// mostScripts is how many scripts run at a time on one processor of this machine: they wait most of the time.
const mostScripts = 4

// declaredCPU returns what a script says that its pods request, in millicores.
func declaredCPU(t *testing.T, file string) int64 {
	t.Helper()
	quantity, err := resource.ParseQuantity(header(t, file, cpuLine))
	if err != nil {
		t.Fatalf("%s: a line such as %q must say how much CPU its pods request at most at one time: %v", file, cpuLine+"100m", err)
	}
	return quantity.MilliValue()
}

// cpuBudget starts scripts side by side only while what all of them declare fits on the smallest node. It fits then
// wherever the scheduler puts it: a local volume ties each pod that mounts it to one node.
type cpuBudget struct {
	use         *cpuUse
	size, slots int64
	cpu, slot   *semaphore.Weighted
}

func (s *suite) newBudget(t *testing.T) *cpuBudget {
	t.Helper()
	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	check(t, err)
	size, slots := int64(math.MaxInt64), int64(mostScripts*runtime.NumCPU())
	for _, node := range nodes.Items {
		size = min(size, node.Status.Allocatable.Cpu().MilliValue())
	}
	return &cpuBudget{use: s.watchCPU(t), size: size, slots: slots, cpu: semaphore.NewWeighted(size), slot: semaphore.NewWeighted(slots)}
}

// reserve waits until there is room for a script. What it returns is called at the end of the script: the next one can
// start then, and has the CPU as soon as no pod is left in the namespace of this one.
func (b *cpuBudget) reserve(ctx context.Context, declared int64) (free func(namespace any), err error) {
	declared = min(declared, b.size)
	if err := errors.Join(b.slot.Acquire(ctx, 1), b.cpu.Acquire(ctx, declared)); err != nil {
		return nil, err
	}
	return func(namespace any) {
		b.slot.Release(1)
		name, _ := namespace.(string)
		go func() {
			for deadline := time.Now().Add(patience); b.use.current(name) > 0 && time.Now().Before(deadline); {
				time.Sleep(100 * time.Millisecond)
			}
			b.cpu.Release(declared)
		}()
	}, nil
}

// waitForAll waits until nothing that take gave is in use.
func (b *cpuBudget) waitForAll(ctx context.Context) error {
	if err := b.cpu.Acquire(ctx, b.size); err != nil {
		return err
	}
	b.cpu.Release(b.size)
	return nil
}

// cpuUse is how much CPU the pods of each namespace request, in millicores, now and at most so far.
type cpuUse struct {
	mu           sync.Mutex
	pods         map[types.UID]int64
	total, peaks map[string]int64
}

// watchCPU follows all pods of the cluster until the test ends.
func (s *suite) watchCPU(t *testing.T) *cpuUse {
	t.Helper()
	use := &cpuUse{pods: map[types.UID]int64{}, total: map[string]int64{}, peaks: map[string]int64{}}
	factory := informers.NewSharedInformerFactory(s.client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { use.record(object, false) },
		UpdateFunc: func(_, object any) { use.record(object, false) },
		DeleteFunc: func(object any) { use.record(object, true) },
	})
	check(t, err)
	factory.StartWithContext(t.Context())
	if !cache.WaitForCacheSync(t.Context().Done(), informer.HasSynced) {
		t.Fatal("the pods of the cluster cannot be watched")
	}
	return use
}

func (u *cpuUse) record(object any, deleted bool) {
	if final, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = final.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	var cpu int64
	if ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed; pod.Spec.NodeName != "" && !ended && !deleted {
		requests := podresource.PodRequests(pod, podresource.PodResourcesOptions{})
		cpu = requests.Cpu().MilliValue()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.total[pod.Namespace] += cpu - u.pods[pod.UID]
	u.pods[pod.UID] = cpu
	u.peaks[pod.Namespace] = max(u.peaks[pod.Namespace], u.total[pod.Namespace])
}

func (u *cpuUse) current(namespace string) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.total[namespace]
}

// exceeded returns a sentence for a script whose pods requested more than it declared, "" for others.
func (u *cpuUse) exceeded(namespace string, declared int64) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if peak := u.peaks[namespace]; peak > declared {
		return fmt.Sprintf("its pods requested %dm of CPU at one time, and its line %q says %dm", peak, cpuLine, declared)
	}
	return ""
}
