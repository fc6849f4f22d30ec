package cmd

import (
	"os"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// What each flag makes, and what those make that touch each other. The scripts of
// test/e2e have a real API server judge the same files.
func TestRunGolden(t *testing.T) {
	t.Setenv("HOME_OF_TEST", "/home/dev")
	for name, args := range map[string][]string{
		"image":             {},
		"command":           {"--", "python", "train.py", "--epochs", "10", "$(HOME)"},
		"args":              {"--args", "--", "--epochs", "10"},
		"cmd":               {"--cmd", "cd /tmp", "--cmd", `echo "$HOME" $$ $(date) $(( 1 + 1 )) 'a"b' | tr a b # $`, "--cmd", "false && true"},
		"cmd-bash":          {"--cmd", "false | cat", "--shell=bash"},
		"script":            {"--script=testdata/files/fit.py", "--", "--epochs", "10", "$(HOME)"},
		"script-plain":      {"--script=testdata/files/plain"},
		"script-bash":       {"--script=testdata/files/plain", "--shell=bash"},
		"env":               {"-e", "A=b=c,d $(HOME) ü", "--env", "B=", "-e", "HOME_OF_TEST", "-e", "A=last"},
		"secret-env":        {"--secret-env=PASSWORD=x y", "--secret-env", "HOME_OF_TEST"},
		"env-file":          {"--env-file=testdata/files/variables.env", "-e", "A=of the flag"},
		"env-from":          {"--env-from=secret/keys", "--env-from=configmap/settings"},
		"workdir":           {"--workdir=/work"},
		"pull":              {"--image-pull-policy=Always", "--image-pull-secret=registry", "--image-pull-secret=other"},
		"service-account":   {"--service-account=trainer"},
		"shm":               {"--shm-size=8Gi"},
		"files":             {"--secret=keys:/keys", "--config-map=settings:/etc/settings"},
		"run-as":            {"--run-as=1000"},
		"run-as-group":      {"--run-as=1000:2000"},
		"run-as-root":       {"--run-as=0"},
		"cpu-memory":        {"--cpu=500m", "--memory=16Gi"},
		"gpu":               {"--gpu=2"},
		"gpu-resource":      {"--gpu=1", "--gpu-resource=nvidia.com/mig-1g.5gb"},
		"gpu-type":          {"--gpu=1", "--gpu-type=NVIDIA-A100-SXM4-80GB", "--gpu-type=NVIDIA-H100-80GB-HBM3"},
		"request-limit":     {"--cpu=2", "--limit=cpu=4", "--request=ephemeral-storage=10Gi", "--limit=ephemeral-storage=20Gi"},
		"results":           {"--results=10Gi"},
		"results-flags":     {"--results=10Gi", "--results-path=/out/", "--storage-class=fast", "--access-mode=RWX"},
		"results-existing":  {"--results=pvc/lab/runs/7"},
		"results-group":     {"--results=10Gi", "--fs-group=3000"},
		"results-no-group":  {"--results=10Gi", "--fs-group=none"},
		"results-run-as":    {"--results=10Gi", "--run-as=1000:2000"},
		"results-one-pod":   {"--results=10Gi", "--access-mode=ReadWriteOncePod", "--array=4"},
		"pvc":               {"--pvc=data:/data:ro", "--pvc=data/out:/out", "--pvc=more"},
		"scratch":           {"--scratch=10Gi", "--scratch=10Gi:/tmp/more"},
		"ttl":               {"--ttl=1d12h"},
		"times":             {"--time=1-00:00:00", "--deadline=36h"},
		"backoff":           {"--backoff-limit=4"},
		"array":             {"--array=0-99%10"},
		"array-all":         {"--array=20"},
		"array-limits":      {"--array=20", "--retries-per-task=2", "--max-failed-tasks=5", "--backoff-limit=30"},
		"array-results":     {"--array=100%10", "--results=10Gi"},
		"array-rwx":         {"--array=100%10", "--results=10Gi", "--access-mode=RWX", "--spread"},
		"array-shared":      {"--array=100%10", "--results=10Gi", "--results-shared"},
		"array-existing":    {"--array=3", "--results=pvc/lab/$(x)"},
		"array-one-at-once": {"--array=3%1", "--results=1Gi"},
		"queue-of-work":     {"--completions=20", "--parallelism=4", "--results=1Gi"},
		"retry-on":          {"--retry-on-exit=75,137-139"},
		"retry-on-limit":    {"--retry-on-exit=75", "--backoff-limit=9"},
		"fail-on":           {"--fail-on-exit=1-3"},
		"retry-and-fail":    {"--retry-on-exit=75", "--fail-on-exit=1"},
		"array-retry-on":    {"--array=4", "--retry-on-exit=75", "--max-failed-tasks=1"},
		"array-retry-limit": {"--array=4", "--retry-on-exit=75", "--retries-per-task=1"},
		"suspend":           {"--suspend"},
		"queue":             {"--queue=gpus"},
		"priority":          {"--priority-class=low"},
		"node":              {"--node-selector=disk=ssd", "--node-selector=gpu=", "--toleration=gpu=yes:NoSchedule", "--toleration=lab:NoExecute", "--toleration=any", "--arch=arm64"},
		"spread":            {"--spread", "--parallelism=3"},
		"s3":                {"--s3-secret=bucket"},
		"s3-elsewhere":      {"--s3-secret=bucket", "-e", "AWS_ENDPOINT_URL=http://minio:9000"},
		"labels":            {"--label=team=vision", "--annotation=note=for dev", "--results=1Gi", "--secret-env=A=b"},
		"everything":        strings.Fields("--cpu=4 --memory=16Gi --gpu=1 --pvc=dataset:/data:ro --scratch=50Gi --shm-size=1Gi --results=10Gi --run-as=1000 --array=8%4 --retry-on-exit=75 --ttl=7d --time=4h --queue=gpus --s3-secret=bucket --secret-env=K=v --script=testdata/files/fit.py -- --epochs 10"),
	} {
		t.Run(name, func(t *testing.T) {
			args = append([]string{"run", "train", "--image=localhost/train:1", "--dry-run", "-o=yaml"}, args...)
			goldenRun(t, faketest.New(), name, args...)
		})
	}
}

func goldenRun(t *testing.T, cluster *faketest.Cluster, name string, args ...string) {
	t.Helper()
	got := execute(t, cluster, args...)
	if got.Status != 0 {
		t.Fatalf("%+v", got)
	}
	faketest.Golden(t, "run/"+name+".yaml", got.Stdout)
}

// What depends on what is in the cluster.
func TestRunGoldenOver(t *testing.T) {
	cron := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "nightly", Namespace: faketest.Namespace, UID: "uid-nightly"}}
	cron.Spec.JobTemplate.Labels = map[string]string{"team": "vision"}
	cron.Spec.JobTemplate.Spec.Template.Spec = corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyOnFailure, Containers: []corev1.Container{{Name: "report", Image: "localhost/report:1", Args: []string{"--all"}}},
	}
	openshift := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: faketest.Namespace, Annotations: map[string]string{"openshift.io/sa.scc.supplemental-groups": "1000650000/10000"},
	}}
	for name, test := range map[string]struct {
		cluster *faketest.Cluster
		args    []string
	}{
		"openshift":   {faketest.New(openshift), []string{"run", "train", "--image=i", "--results=1Gi"}},
		"one-node":    {faketest.New(faketest.Claim("data", "1Gi", corev1.ClaimBound)), []string{"run", "train", "--image=i", "--pvc=data:/data:ro"}},
		"cron-job":    {faketest.New(cron), []string{"run", "now", "--from=cronjob/nightly", "--cpu=1", "--args", "--", "--some"}},
		"cron-name":   {faketest.New(cron), []string{"run", "--generate-name", "--from=cj/nightly"}},
		"existing":    {faketest.New(results(corev1.ClaimBound, "1Gi", fetchedClaim)), []string{"run", "more", "--image=i", "--results=pvc/train-results"}},
		"exported":    {faketest.New(), []string{"run", "-f=testdata/files/exported.yaml", "--dry-run=client"}},
		"manifest":    {faketest.New(), []string{"run", "-f=testdata/files/tutorial.yaml", "--dry-run=client"}},
		"manifest-on": {faketest.New(), strings.Fields("run -f testdata/files/tutorial.yaml --dry-run=client --generate-name --cpu=2 --memory=4Gi -e SEED=7 -e MORE=x --results=1Gi --run-as=1000 --toleration=gpu --args -- --epochs 3")},
		"image-name":  {faketest.New(), []string{"run", "--generate-name", "--image=registry.example:5000/team/My_Train.er:1.2@sha256:0", "--results=1Gi"}},
	} {
		t.Run(name, func(t *testing.T) {
			goldenRun(t, test.cluster, "over-"+name, append([]string{test.args[0], "--dry-run=server", "-o=yaml"}, test.args[1:]...)...)
		})
	}
}

// once is a job that ran as run made it, with all that it became.
func once(t *testing.T, cluster *faketest.Cluster, args ...string) {
	t.Helper()
	if got := execute(t, cluster, append([]string{"run", "train", "--image=localhost/train:1"}, args...)...); got.Status != 0 {
		t.Fatalf("%+v", got)
	}
	if claim := cluster.Claim("train-results"); claim != nil {
		fetchedClaim(claim)
		if err := cluster.Update(corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims"), claim); err != nil {
			t.Fatal(err)
		}
	}
	job := cluster.Job(t, "train")
	faketest.Ended(batchv1.JobFailed, 0, "BackoffLimitExceeded", "no")(job)
	job.Labels[batchv1.JobNameLabel], job.Spec.Template.Labels[batchv1.JobNameLabel] = "train", "train"
	job.Spec.Template.Labels[batchv1.ControllerUidLabel] = string(job.UID)
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.FetchedAnnotation, "2026-03-01T00:00:00Z")
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.UseAnnotation, "train earlier")
	job.ResourceVersion = "7"
	job.Generation = 1
	job.CreationTimestamp = metav1.NewTime(faketest.Now())
	if err := cluster.Update(batchv1.SchemeGroupVersion.WithResource("jobs"), job); err != nil {
		t.Fatal(err)
	}
}

// The same again: what was asked for, and nothing of what became of it.
func TestRerunGolden(t *testing.T) {
	for name, test := range map[string]struct{ original, args []string }{
		"same":         {[]string{"--results=1Gi", "--cpu=1", "--spread", "--suspend", "--", "a"}, nil},
		"class":        {[]string{"--results=1Gi", "--storage-class=fast", "--access-mode=RWX"}, nil},
		"named":        {nil, []string{"--name=again", "--memory=2Gi", "--", "b"}},
		"new-results":  {[]string{"--results=1Gi", "--parallelism=2"}, []string{"--results=2Gi", "--results-path=/out"}},
		"script":       {[]string{"--script=testdata/files/fit.py", "--secret-env=A=b"}, nil},
		"other-script": {[]string{"--script=testdata/files/fit.py"}, []string{"--script=testdata/files/plain", "--", "x"}},
		"array":        {[]string{"--array=4", "--results=1Gi"}, []string{"--retries-per-task=3"}},
		"more-env":     {[]string{"--secret-env=A=b"}, []string{"--secret-env=C=d"}},
		"place":        {[]string{"--results=1Gi", "--results-path=/out"}, []string{"--results=2Gi"}},
		"shared":       {[]string{"--array=3", "--results=1Gi", "--results-shared"}, []string{"--results=2Gi"}},
		"to-array":     {[]string{"--results=1Gi", "--retry-on-exit=9"}, []string{"--array=4"}},
		"retry":        {[]string{"--array=4"}, []string{"--retry-on-exit=75"}},
		"mounts":       {[]string{"--results=1Gi", "--shm-size=1Gi", "--scratch=1Gi", "--pvc=data:/data:ro", "--parallelism=2"}, []string{"--shm-size=4Gi", "--scratch=9Gi", "--pvc=other:/data"}},
		"no-results":   {[]string{"--results=1Gi", "--parallelism=2"}, []string{"--pvc=other:/results"}},
		"made-shared":  {[]string{"--array=3", "--results=1Gi"}, []string{"--results-shared"}},
		"stays-shared": {[]string{"--array=3", "--results=1Gi", "--results-shared"}, []string{"--array=5%2"}},
		"moved":        {[]string{"--results=1Gi", "--scratch=1Gi:/out"}, []string{"--results-path=/out"}},
		"no-gpu":       {[]string{"--gpu=1", "--gpu-type=A"}, []string{"--gpu=0"}},
		"other-gpu":    {[]string{"--gpu=1", "--request=ephemeral-storage=1Gi"}, []string{"--gpu=2", "--gpu-resource=amd.com/gpu"}},
		"nodes":        {[]string{"--gpu=1", "--gpu-type=A", "--spread"}, []string{"--gpu-type=B", "--spread"}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New(faketest.Claim("data", "1Gi", corev1.ClaimBound), faketest.Claim("other", "1Gi", corev1.ClaimBound))
			once(t, cluster, test.original...)
			goldenRun(t, cluster, "rerun-"+name, append([]string{"rerun", "train", "--dry-run=server", "-o=yaml"}, test.args...)...)
		})
	}
}

// A value is as long as the API server takes it, and a file may come from Windows.
func TestRunEnvFile(t *testing.T) {
	file, long := t.TempDir()+"/variables", strings.Repeat("x", 100_000)
	if err := os.WriteFile(file, []byte("\ufeffLONG="+long+"\r\n  NEXT=a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster := faketest.New()
	if got := execute(t, cluster, "run", "train", "--image=i", "--env-file="+file); got.Status != 0 {
		t.Fatalf("%+v", got)
	}
	want := []corev1.EnvVar{{Name: "LONG", Value: long}, {Name: "NEXT", Value: "a"}}
	equal(t, cluster.Job(t, "train").Spec.Template.Spec.Containers[0].Env, want)
}

// What flags of rerun mount takes the place of what the job has there, but two of
// them never share a place.
func TestRerunReplaces(t *testing.T) {
	cluster := faketest.New(faketest.Claim("other", "1Gi", corev1.ClaimBound))
	once(t, cluster, "--results=1Gi", "--results-path=/out", "--scratch=1Gi", "--memory=1Gi")
	got := execute(t, cluster, "rerun", "train", "--dry-run", "-o=name", "--scratch=2Gi")
	if !strings.Contains(got.Stderr, "Note: replaced volume volume-1 at /scratch of the original job\n") {
		t.Errorf("%+v", got)
	}
	for args, want := range map[string]string{
		"--limit=memory=1Mi":        "the request of 1Gi for memory exceeds the limit of 1Mi; use --memory to set both",
		"--request=memory=2Gi":      "the request of 2Gi for memory exceeds the limit of 1Gi",
		"--completions=3 --array=2": "--array and --completions are mutually exclusive",
		"--max-failed-tasks=1":      "--max-failed-tasks requires --array",
		"nothing":                   `unexpected argument "nothing"; put a command after --: "rerun train -- nothing"`,
		"--results-shared":          "--results-shared requires --array",
	} {
		got := execute(t, cluster, append([]string{"rerun", "train"}, strings.Fields(args)...)...)
		if got.Status != 2 || !strings.Contains(got.Stderr, want) {
			t.Errorf("%s: %+v; want %q", args, got, want)
		}
	}
	got = execute(t, cluster, "rerun", "train", "--results=2Gi", "--pvc=other:/out")
	if got.Status != 2 || !strings.Contains(got.Stderr, "have the same mount path /out; change one of the paths") {
		t.Errorf("%+v", got)
	}
}

// A job is not made again over its own results, also not on a claim of people's.
func TestRerunOverItself(t *testing.T) {
	fetched := func(when string) *faketest.Cluster {
		cluster := faketest.New(faketest.Claim("data", "1Gi", corev1.ClaimBound))
		once(t, cluster, "--results=pvc/data/run1")
		job := cluster.Job(t, "train")
		if when != "" {
			faketest.Marked(provenance.FetchedAnnotation, when)(job)
			faketest.Marked(provenance.FetchedByAnnotation, faketest.User)(job)
		}
		if err := cluster.Update(batchv1.SchemeGroupVersion.WithResource("jobs"), job); err != nil {
			t.Fatal(err)
		}
		return cluster
	}
	got := execute(t, fetched("2026-03-01T00:00:00Z"), "rerun", "train")
	if want := `results claim "data" of job "train" was not created by run; use --reuse-results to write to it again, or --results=SIZE for a new claim`; got.Status != 1 || !strings.Contains(got.Stderr, want) {
		t.Errorf("%+v", got)
	}
	got = execute(t, fetched(""), "rerun", "train", "--reuse-results")
	if want := `the results of job "train" on claim "data" were not fetched, and the new job writes to the same directory`; got.Status != 1 || !strings.Contains(got.Stderr, want) {
		t.Errorf("%+v", got)
	}
	for _, args := range [][]string{{"rerun", "train", "--reuse-results", "--overwrite-unfetched"}, {"rerun", "train", "--results=1Gi"}} {
		if got := execute(t, fetched(""), args...); got.Status != 0 {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if got := execute(t, fetched("2026-03-01T00:00:00Z"), "rerun", "train", "--reuse-results"); got.Status != 0 {
		t.Errorf("%+v", got)
	}
}
