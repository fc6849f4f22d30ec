//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// suiteLabel is on each namespace of a suite, with the id of the suite's process, and on each
// PersistentVolume and admission policy of a script, with its namespace. A later suite finds by it what a crash left.
const suiteLabel = "kubectl-batch-e2e"

// runLabel returns the label of the namespaces of this process, so that two suites can run side by side.
func runLabel() string { return suiteLabel + "=" + strconv.Itoa(os.Getpid()) }

// patience is how long the cluster gets for anything a script does not time itself.
const patience = 2 * time.Minute

// hold is a shell program for a container that runs until it is told to end. `sleep` as process 1 of a container ignores
// SIGTERM, so its pod ends only when the grace period of 30 s is over.
const hold = "trap exit TERM; sleep 1000 & wait"

// suite is the cluster and the programs that all scripts share.
type suite struct {
	config         *rest.Config
	client         kubernetes.Interface
	admin          string // kubeconfig
	bin            string // folder with kubectl and kubectl-batch
	image, example string
	ours           bool
	budget         *cpuBudget
	// cpu is what each script that runs beside others declares, in millicores, by its name.
	cpu map[string]int64
	// ran counts scripts.
	ran atomic.Int64
	// namespaces holds the names of those that this suite created.
	namespaces sync.Map
	// namespaceOf has the namespace of each script that has begun.
	namespaceOf sync.Map
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	s := connect(t)
	build := exec.Command("go", append(releaseBuild(t), "-o", filepath.Join(s.bin, "kubectl-batch"), "../../cmd/kubectl-batch")...)
	build.Env, build.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	check(t, build.Run())
	s.removeLeftovers(t)
	return s
}

// releaseBuild returns the arguments of go that compile the plugin as it is released: its size decides how much memory
// its code takes.
func releaseBuild(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../release/build/flags")
	check(t, err)
	args := []string{"build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w"}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			args = append(args, line)
		}
	}
	return args
}

// connect returns a suite without the plugin.
func connect(t *testing.T) *suite {
	t.Helper()
	s := &suite{admin: env(t, "KUBECONFIG"), image: env(t, "CLUSTER_IMAGE"), example: env(t, "CLUSTER_EXAMPLE_IMAGE"), ours: os.Getenv("CLUSTER_OURS") == "1", cpu: map[string]int64{}}
	config, err := clientcmd.BuildConfigFromFlags("", s.admin)
	check(t, err)
	config.QPS, config.Burst = 100, 200
	s.config = config
	s.client, err = kubernetes.NewForConfig(config)
	check(t, err)
	s.bin = t.TempDir()
	kubectl, err := exec.LookPath("kubectl")
	check(t, err)
	check(t, os.Symlink(kubectl, filepath.Join(s.bin, "kubectl")))
	return s
}

func env(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run the scripts with make e2e", name)
	}
	return value
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// setup gives each script a namespace and a user of its own.
func (s *suite) setup(e *testscript.Env) error {
	s.ran.Add(1)
	ctx := context.Background()
	script := strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")
	cleanup := e.T().(interface{ Cleanup(func()) }).Cleanup
	declared, shares := s.cpu[script]
	namespace, err := s.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "e2e-" + script + "-", Labels: map[string]string{suiteLabel: strconv.Itoa(os.Getpid())},
	}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	s.namespaces.Store(namespace.Name, true)
	s.namespaceOf.Store(script, namespace.Name)
	// Cleanups run last to first, and after the script's own log: the namespace
	// goes after it was looked at.
	begun := time.Now()
	cleanup(func() { s.remove(e.T(), namespace.Name) })
	cleanup(func() { s.lastLook(e.T(), namespace.Name) })
	cleanup(func() {
		times.add(scriptTime{script, time.Since(begun)})
		if shares {
			s.lookAtCPU(e.T(), namespace.Name, declared)
		}
	})
	kubeconfig := filepath.Join(e.WorkDir, "kubeconfig")
	if err := s.user(ctx, namespace.Name, kubeconfig); err != nil {
		return err
	}
	e.Values[namespaceKey{}] = namespace.Name
	e.Values[processesKey{}] = map[string]*process{}
	for name, value := range map[string]string{
		"KUBECONFIG": kubeconfig, "NS": namespace.Name, "SUITE_LABEL": runLabel(), "IMAGE": s.image, "EXAMPLE_IMAGE": s.example, "HOLD": hold,
		"HOME": filepath.Join(e.WorkDir, "home"), "XDG_CACHE_HOME": filepath.Join(e.WorkDir, "cache"),
		"PATH": s.bin + string(os.PathListSeparator) + os.Getenv("PATH"), "KUBECTL_BATCH_HELPER_IMAGE": s.image,
	} {
		e.Setenv(name, value)
	}
	return errors.Join(os.Mkdir(filepath.Join(e.WorkDir, "home"), 0o755), s.bucket(e, namespace.Name))
}

// bucket gives a script a bucket called like its namespace, and the keys to it. A cluster of
// somebody's has none; scripts that need one say so.
func (s *suite) bucket(e *testscript.Env, name string) error {
	root := os.Getenv("CLUSTER_S3_DATA")
	if root == "" {
		return nil
	}
	data := filepath.Join(root, name)
	e.T().(interface{ Cleanup(func()) }).Cleanup(func() { _ = os.RemoveAll(data) })
	for name, value := range map[string]string{
		"BUCKET": name, "BUCKET_DATA": data, "AWS_ENDPOINT_URL": os.Getenv("CLUSTER_S3_ENDPOINT"), "AWS_CA_BUNDLE": os.Getenv("CLUSTER_S3_CA"),
		"AWS_ACCESS_KEY_ID": os.Getenv("CLUSTER_S3_KEY"), "AWS_SECRET_ACCESS_KEY": os.Getenv("CLUSTER_S3_SECRET"), "SECRET": os.Getenv("CLUSTER_S3_SECRET"),
		"GUEST_KEY": os.Getenv("CLUSTER_S3_GUEST_KEY"), "GUEST_SECRET": os.Getenv("CLUSTER_S3_GUEST_SECRET"), "AWS_EC2_METADATA_DISABLED": "true",
	} {
		e.Setenv(name, value)
	}
	return os.Mkdir(data, 0o755)
}

type namespaceKey struct{}

// user makes somebody with ClusterRole edit in one namespace and nothing else.
func (s *suite) user(ctx context.Context, namespace, kubeconfig string) error {
	accounts := s.client.CoreV1().ServiceAccounts(namespace)
	if _, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "user"}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err := s.client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "edit"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "user", Namespace: namespace}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	token, err := accounts.CreateToken(ctx, "user", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := s.accountReady(ctx, namespace); err != nil {
		return err
	}
	return s.writeKubeconfig(namespace, token.Status.Token, kubeconfig)
}

// accountReady waits for the default account: without it no pod can be made.
func (s *suite) accountReady(ctx context.Context, namespace string) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		_, err := s.client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		if err == nil || !apierrors.IsNotFound(err) || time.Now().After(deadline) {
			return err
		}
	}
}

func (s *suite) writeKubeconfig(namespace, token, file string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: s.config.Host, CertificateAuthority: s.config.CAFile, CertificateAuthorityData: s.config.CAData}
	config.AuthInfos["user"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "user", Namespace: namespace}
	config.CurrentContext = "c"
	return clientcmd.WriteToFile(*config, file)
}

// lookAtCPU fails a script whose pods requested more CPU than it declares: others would not find the room that they
// count on.
func (s *suite) lookAtCPU(t testscript.T, namespace string, declared int64) {
	if excess := s.budget.use.exceeded(namespace, declared); excess != "" {
		t.Log(excess)
		t.(interface{ Fail() }).Fail()
	}
}

// lastLook fails a script that leaves a helper running, and shows what happened
// in the namespace of one that has failed.
func (s *suite) lastLook(t testscript.T, namespace string) {
	leftovers, err := s.client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=fetch-helper"})
	shown := t.(interface{ Failed() bool }).Failed()
	if !shown && (err != nil || len(leftovers.Items) > 0) {
		t.Log("a helper pod was left: ", leftovers.Items, err)
		t.(interface{ Fail() }).Fail()
		shown = true
	}
	if !shown {
		return
	}
	t.Log(s.kubectl("describe", "jobs,pods,pvc", "-n", namespace))
	t.Log(s.kubectl("get", "events", "-n", namespace, "--sort-by=.lastTimestamp"))
	for pod := range strings.FieldsSeq(s.kubectl("get", "pods", "-n", namespace, "-o", "name")) {
		t.Log(pod + ":\n" + s.kubectl("logs", "-n", namespace, pod, "--all-containers", "--tail=50"))
	}
}

func (s *suite) kubectl(args ...string) string {
	out, err := exec.Command(filepath.Join(s.bin, "kubectl"), append([]string{"--kubeconfig", s.admin}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("kubectl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// remove deletes a namespace and the volumes that scripts made for it by hand. Its pods get a second to end: a shell
// that is process 1 ignores SIGTERM, and would hold what it requested for half a minute.
func (s *suite) remove(t testscript.T, namespace string) {
	ctx, second := context.Background(), int64(1)
	errs := errors.Join(
		s.client.CoreV1().Pods(namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &second}, metav1.ListOptions{}),
		s.client.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{}),
		s.client.CoreV1().PersistentVolumes().DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: suiteLabel + "=" + namespace}),
		s.removePolicies(ctx, suiteLabel+"="+namespace),
	)
	if errs != nil {
		t.Log("deleting ", namespace, ": ", errs)
	}
}

// removePolicies deletes the admission policies that have such labels.
func (s *suite) removePolicies(ctx context.Context, labels string) error {
	policies, selected := s.client.AdmissionregistrationV1(), metav1.ListOptions{LabelSelector: labels}
	return errors.Join(
		policies.ValidatingAdmissionPolicyBindings().DeleteCollection(ctx, metav1.DeleteOptions{}, selected),
		policies.ValidatingAdmissionPolicies().DeleteCollection(ctx, metav1.DeleteOptions{}, selected),
		ignoreNotFound(policies.MutatingAdmissionPolicyBindings().DeleteCollection(ctx, metav1.DeleteOptions{}, selected)),
		ignoreNotFound(policies.MutatingAdmissionPolicies().DeleteCollection(ctx, metav1.DeleteOptions{}, selected)),
	)
}

// ignoreNotFound is for kinds that an older API server does not have.
func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// removeLeftovers deletes the namespaces of suites whose process has ended, and the volumes of
// namespaces that do not exist any more.
func (s *suite) removeLeftovers(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	namespaces, err := s.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: suiteLabel})
	check(t, err)
	active := map[string]bool{}
	for _, namespace := range namespaces.Items {
		if active[namespace.Name] = running(namespace.Labels[suiteLabel]); !active[namespace.Name] {
			t.Log(s.kubectl("delete", "namespace", namespace.Name, "--ignore-not-found"))
		}
	}
	volumes, err := s.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{LabelSelector: suiteLabel})
	check(t, err)
	for _, volume := range volumes.Items {
		if !active[volume.Labels[suiteLabel]] {
			t.Log(s.kubectl("delete", "pv", volume.Name, "--ignore-not-found"))
		}
	}
	policies, err := s.client.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(ctx, metav1.ListOptions{LabelSelector: suiteLabel})
	check(t, err)
	for _, policy := range policies.Items {
		if owner := policy.Labels[suiteLabel]; !active[owner] {
			check(t, s.removePolicies(ctx, suiteLabel+"="+owner))
		}
	}
}

// running reports whether the process with that id exists.
func running(id string) bool {
	pid, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = process.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM) // a process of another user
}

// nothingLeft asserts that no namespace and no volume of this suite remains.
func (s *suite) nothingLeft(t *testing.T) {
	t.Helper()
	leftovers := []string{"unknown"}
	for deadline := time.Now().Add(patience); len(leftovers) > 0 && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		leftovers = nil
		namespaces, err := s.client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: runLabel()})
		check(t, err)
		for _, namespace := range namespaces.Items {
			leftovers = append(leftovers, namespace.Name)
		}
		volumes, err := s.client.CoreV1().PersistentVolumes().List(t.Context(), metav1.ListOptions{LabelSelector: suiteLabel})
		check(t, err)
		for _, volume := range volumes.Items {
			if _, ours := s.namespaces.Load(volume.Labels[suiteLabel]); ours {
				leftovers = append(leftovers, volume.Name)
			}
		}
	}
	if len(leftovers) > 0 {
		t.Errorf("left behind:\n%s", strings.Join(leftovers, "\n"))
	}
}
