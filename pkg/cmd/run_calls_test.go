package cmd

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: faketest.Namespace, UID: faketest.UID(name)}
}

// sweeps is the look for helper pods that were left behind, which is the last thing that run does.
const sweeps = "list pods labels=app.kubernetes.io/managed-by=kubectl-batch,app.kubernetes.io/component=fetch-helper"

const owns = ` application/strategic-merge-patch+json {"metadata":{"ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"train","uid":"uid-train"}]}}`

// run asks for nothing but who the caller is, what the flags name, each once, and
// the namespace's annotation; then it makes things, gives the job its own, and looks for helper pods left behind.
func TestRunCalls(t *testing.T) {
	bucket := &corev1.Secret{ObjectMeta: named("bucket"), Data: map[string][]byte{"AWS_ACCESS_KEY_ID": nil, "AWS_SECRET_ACCESS_KEY": nil}}
	existing := []runtime.Object{
		faketest.Claim("data", "1Gi", corev1.ClaimBound), bucket, &corev1.Secret{ObjectMeta: named("keys")},
		&corev1.ConfigMap{ObjectMeta: named("settings")}, &corev1.ServiceAccount{ObjectMeta: named("trainer")}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: faketest.Namespace}},
		&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "fast"}}, &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: "low"}},
	}
	for name, test := range map[string]struct {
		line string
		want []string
	}{
		"the least": {"", []string{"create selfsubjectreviews", "create jobs train fieldManager=kubectl-batch", sweeps}},
		"everything": {
			"--pvc=data:/data:ro --pvc=data/out:/out --secret=keys:/keys --env-from=secret/keys --image-pull-secret=keys --config-map=settings:/s --env-from=configmap/settings " +
				"--service-account=trainer --s3-secret=bucket --storage-class=fast --priority-class=low --results=1Gi --secret-env=A=b --script=testdata/files/plain",
			[]string{
				"create selfsubjectreviews", "get secrets bucket", "get secrets keys", "get serviceaccounts trainer", "get configmaps settings",
				`get storageclasses fast namespace=""`, "get persistentvolumeclaims data", `get priorityclasses low namespace=""`, `get namespaces lab namespace=""`,
				makesClaim, takes, "create configmaps train-script-x7k2p fieldManager=kubectl-batch", "create secrets train-env-x7k2p fieldManager=kubectl-batch", makesJob,
				"patch configmaps train-script-x7k2p" + owns, "patch secrets train-env-x7k2p" + owns, sweeps,
			},
		},
		"of a manifest": {
			"-f testdata/files/job.yaml --cpu=1", []string{"create selfsubjectreviews", "get persistentvolumeclaims data", makesJob, sweeps},
		},
		"a dry run of the server": {"--results=1Gi --fs-group=7 --script=testdata/files/plain --dry-run=server", []string{
			"create selfsubjectreviews", makesClaim + " dryRun=All", "create configmaps train-script-x7k2p fieldManager=kubectl-batch dryRun=All", makesJob + " dryRun=All",
		}},
		"a dry run here": {"--pvc=data --secret=keys:/keys --results=1Gi --secret-env=A=b --dry-run", nil},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New(existing...)
			got := execute(t, cluster, append([]string{"run", "train", "--image=i"}, strings.Fields(test.line)...)...)
			equal(t, got.Status, 0)
			equal(t, cluster.Calls(), test.want)
		})
	}
}

// A refused job takes everything with it, last things first.
func TestRunUndoesAll(t *testing.T) {
	cluster := faketest.New().Refuse("create", "jobs", errRefused)
	got := execute(t, cluster, "run", "train", "--image=i", "--results=1Gi", "--secret-env=A=b", "--script=testdata/files/plain")
	equal(t, got, result{Stderr: "Error from server (Forbidden): " + full, Status: 1, Changes: []string{
		makesClaim, takes, "create configmaps train-script-x7k2p fieldManager=kubectl-batch", "create secrets train-env-x7k2p fieldManager=kubectl-batch", makesJob,
		"delete secrets train-env-x7k2p uid=uid-train-env-x7k2p", "delete configmaps train-script-x7k2p uid=uid-train-script-x7k2p",
		"delete persistentvolumeclaims train-results uid=uid-train-results",
	}})
	cluster = faketest.New().Refuse("create", "secrets", errRefused)
	got = execute(t, cluster, "run", "train", "--image=i", "--secret-env=A=b", "--script=testdata/files/plain")
	equal(t, got.Changes[2:], []string{"delete configmaps train-script-x7k2p uid=uid-train-script-x7k2p"})
}

// A name that is taken takes all with it as well, but for what the other job has;
// the marks of its claim come back.
func TestRunUndoesATakenName(t *testing.T) {
	cluster := faketest.New()
	once(t, cluster, "--results=1Gi")
	changesBefore := len(cluster.Changes())
	got := execute(t, cluster, "run", "train", "--image=i", "--results=1Gi", "--script=testdata/files/plain")
	changes := got.Changes[changesBefore:]
	if got.Status != 1 || len(changes) != 6 || changes[3] != makesJob || changes[4] != "delete configmaps train-script-x7k2p uid=uid-train-script-x7k2p" ||
		!strings.Contains(changes[5], `"kubectl-batch.github.io/fetched":"uid-train-results 2026-03-01T00:00:00Z"`) {
		t.Errorf("%+v", got)
	}
	got = execute(t, faketest.New(faketest.Job("train", withResults)), "run", "train", "--image=i", "--results=1Gi", "--secret-env=A=b")
	equal(t, got.Changes, []string{
		makesClaim, takes, "create secrets train-env-x7k2p fieldManager=kubectl-batch", makesJob, "delete secrets train-env-x7k2p uid=uid-train-env-x7k2p",
	})
}

// Both jobs own what they share.
func TestRerunShares(t *testing.T) {
	cluster := faketest.New()
	once(t, cluster, "--secret-env=A=b", "--script=testdata/files/plain")
	callsBefore := len(cluster.Calls())
	got := execute(t, cluster, "rerun", "train", "--name=again")
	ownedByRerun := strings.NewReplacer(`"train"`, `"again"`, "uid-train", "uid-again").Replace(owns)
	equal(t, got.Status, 0)
	equal(t, cluster.Calls()[callsBefore:], []string{
		"create selfsubjectreviews", "get jobs train", "get configmaps train-script-x7k2p", "get secrets train-env-x7k2p",
		"create jobs again fieldManager=kubectl-batch", "patch configmaps train-script-x7k2p" + ownedByRerun, "patch secrets train-env-x7k2p" + ownedByRerun, sweeps,
	})
	if err := cluster.Remove(corev1.SchemeGroupVersion.WithResource("configmaps"), "train-script-x7k2p"); err != nil {
		t.Fatal(err)
	}
	equal(t, execute(t, cluster, "rerun", "train", "--name=third").Stderr,
		"error: script of the job: no ConfigMap \"train-script-x7k2p\" in namespace \"lab\"\n")
}

// What a person would want to know is said, and nothing else.
func TestRunNotes(t *testing.T) {
	for line, want := range map[string][]string{
		"":                                nil,
		"-e WANDB_API_KEY=x":              {"Note: every user who can read the job can read variable WANDB_API_KEY; use --secret-env=WANDB_API_KEY to store it in a Secret"},
		"--image-pull-secret=gone":        {`Note: --image-pull-secret=gone: Secret "gone" does not exist; until it exists, the image is pulled without it`},
		"-e DB_PASSWORD_OLD=x":            {"Note: every user who can read the job can read variable DB_PASSWORD_OLD; use --secret-env=DB_PASSWORD_OLD to store it in a Secret"},
		"-e PASSWORD=x -e KEY=y":          {"Note: every user who can read the job can read variable PASSWORD; use --secret-env=PASSWORD to store it in a Secret"},
		"--secret=gone:/x":                {`Note: --secret=gone: Secret "gone" does not exist; no pod of this job starts until it exists`},
		"--config-map=gone:/x":            {`Note: --config-map=gone: ConfigMap "gone" does not exist; no pod of this job starts until it exists`},
		"--s3-secret=half":                {"Note: --s3-secret=half: the Secret has no key AWS_SECRET_ACCESS_KEY; no pod of this job starts until it is added"},
		"--results=1Gi --ttl=1h":          {"Note: --ttl deletes the job, but not claim train-results. To fetch the results after that, run: kubectl batch fetch pvc/train-results"},
		"--ttl=1h":                        nil,
		"-- sleep infinity":               {"Note: this job only waits."},
		"--cmd date --cmd sleep␣infinity": {"Note: this job only waits."},
		"-- sleep 10":                     nil,
		"--array=9 --results=1Gi":         {"Note: all pods of this job run on one node, because only one node can mount claim train-results; to use more nodes, use --access-mode=RWX if the storage supports it"},
		"--array=9%1 --results=1Gi":       nil,
		"--parallelism=2 --pvc=data":      {"Note: all pods of this job run on one node, because only one node can mount claim data; to use more nodes, use a claim with access mode RWX"},
		"--script=testdata/files/slurm.sh": {
			"Note: the #SBATCH lines of testdata/files/slurm.sh have no effect. Equivalent flags:",
			"  --job-name fit: NAME", "  -t 2:00:00: --time", "  --mem 16G: --memory", "  --gres gpu:1: --gpu", "  --array 1-9%3: --array", "  --mail-type END: no equivalent flag",
		},
	} {
		half := &corev1.Secret{ObjectMeta: named("half"), Data: map[string][]byte{"AWS_ACCESS_KEY_ID": nil}}
		cluster := faketest.New(half, faketest.Claim("data", "1Gi", corev1.ClaimBound))
		words := strings.Fields(line)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "␣", " ")
		}
		got := execute(t, cluster, append([]string{"run", "train", "--image=i"}, words...)...)
		notes, _, _ := strings.Cut(got.Stderr, "\nNext:\n")
		lines := slices.DeleteFunc(strings.Split(notes, "\n"), func(s string) bool { return s == "" })
		ok := got.Status == 0 && len(lines) == len(want)
		for i := range want {
			ok = ok && strings.HasPrefix(lines[i], want[i])
		}
		if !ok {
			t.Errorf("%s: %+v; want %q", line, got, want)
		}
	}
}

func TestRunPodSecurity(t *testing.T) {
	cluster := faketest.New().Warn(`would violate PodSecurity "restricted:latest": runAsNonRoot != true`)
	got := execute(t, cluster, "run", "train", "--image=i")
	if got.Status != 0 || !strings.HasPrefix(got.Stderr, "Note: the Pod Security Standard of this namespace does not allow the pods of this job; use --run-as=UID ") {
		t.Errorf("%+v", got)
	}
}
