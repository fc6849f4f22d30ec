package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

// literal is a text of the program, and the verb of its package; "" for any verb.
type literal struct{ verb, text, position string }

// verbOf returns the verb of a package; run for what run and rerun share.
func verbOf(dir string) string {
	name, ok := strings.CutPrefix(filepath.ToSlash(dir), "../cmd/")
	switch {
	case !ok, strings.Contains(name, "/"), slices.Contains([]string{"completion", "exit", "rest", "section", "options"}, name):
		return ""
	case name == "submit":
		return "run"
	}
	return name
}

// literals returns the texts of all packages.
func literals(t *testing.T) (result []literal) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil || entry.IsDir() && (name == "testdata" || name == "internal" && filepath.Dir(path) == "..") {
			return filepath.SkipDir
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.Contains(path, "test/") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if lit, ok := node.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				result = append(result, literal{verbOf(filepath.Dir(path)), text, files.Position(lit.Pos()).String()})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// foreignFlags are flags of other programs that texts mention.
func foreignFlags() []string {
	flags := []string{
		"--mem-per-cpu", "--cpus-per-task", "--gpus-per-node", "--job-name", "--ntasks", "--nodes", "--partition", "--chdir",
		"--mail-type", "--mail-user", "--output", "--error", "--help", "--no-requeue", "--requeue", "--export", "--dependency", "--account", "--qos",
		"--constraint", "--exclusive", "--command", "--tmp", "--format", "--epochs", "--seed", "--resume", "--type",
	}
	for _, habit := range flagHabits() {
		flags = append(flags, habit.flag)
	}
	return flags
}

var (
	mentioned = regexp.MustCompile(`(?:^|[^-\w])(--[a-z][a-z0-9]*(?:-[a-z0-9]+)*)`)
	quoted    = regexp.MustCompile("\"(?:kubectl batch|%s) ([a-z][^\"]*)\"")
)

// Every flag that a text mentions exists: in the package of a verb, on that verb, or on another
// verb that the text names.
func TestSuggestedFlagsExist(t *testing.T) {
	root, _ := tree()
	count := 0
	for _, text := range literals(t) {
		for _, match := range mentioned.FindAllStringSubmatch(text.text, -1) {
			count++
			if flag := match[1]; !slices.Contains(foreignFlags(), flag) && !exists(root, text, flag[2:]) {
				t.Errorf("%s: %s does not exist on %q: %q", text.position, flag, text.verb, text.text)
			}
		}
	}
	if count < 200 {
		t.Errorf("only %d flags were found", count)
	}
}

// exists reports whether flag is one of a command that the text can be about.
func exists(root *cobra.Command, text literal, flag string) bool {
	if root.PersistentFlags().Lookup(flag) != nil {
		return true
	}
	return slices.ContainsFunc(root.Commands(), func(verb *cobra.Command) bool {
		return verb.Flags().Lookup(flag) != nil && (text.verb == "" || text.verb == verb.Name() || text.verb == "run" && verb.Name() == "rerun" ||
			regexp.MustCompile(`\b`+verb.Name()+`\b`).MatchString(text.text))
	})
}

// Every command that a text quotes is accepted by the parser.
func TestSuggestedCommandsParse(t *testing.T) {
	count := 0
	for _, text := range literals(t) {
		for _, match := range quoted.FindAllStringSubmatch(text.text, -1) {
			count++
			line := strings.NewReplacer("%s", "x", "%q", "x", "%d", "1").Replace(match[1])
			if err := parse(append([]string{"kubectl", "batch"}, strings.Fields(line)...)...); err != nil {
				t.Errorf("%s: %q: %v", text.position, line, err)
			}
		}
	}
	if count < 5 {
		t.Errorf("only %d commands were found", count)
	}
}

// What serves in place of a flag of another tool is accepted, and widens nothing.
func TestFlagHabits(t *testing.T) {
	slowtest.Skip(t)
	for _, habit := range flagHabits() {
		for _, verb := range habit.verbs {
			t.Run(verb+" "+habit.flag, func(t *testing.T) {
				if err := parse("kubectl", "batch", verb, "x", habit.flag); err == nil {
					t.Fatal("the flag exists")
				}
				got := execute(t, faketest.New(), verb, "x", habit.flag)
				if got.Status != 2 || !strings.Contains(got.Stderr, "error: unknown flag "+habit.flag+"; "+habit.advice()+"\n") {
					t.Errorf("%+v", got)
				}
				for _, use := range habit.use {
					words := strings.Split(use, "=")
					if len(words) == 1 { // the value is the one that was typed
						use += "=1"
					}
					if err := parse("kubectl", "batch", verb, "x", use); err != nil {
						t.Errorf("%s: %v", use, err)
					}
					if safe := strings.TrimLeft(words[0], "-"); slices.Contains(unsafeFlags(), safe) {
						t.Errorf("%s is suggested", use)
					}
				}
			})
		}
	}
}

// A mistyped flag never becomes one that deletes, overwrites or stops more, and what is
// suggested exists.
func TestMistypedFlags(t *testing.T) {
	root, _ := tree()
	for _, verb := range root.Commands() {
		verb.Flags().VisitAll(func(flag *pflag.Flag) {
			for i := range flag.Name {
				for _, typed := range []string{flag.Name[:i], flag.Name[:i] + flag.Name[i+1:], flag.Name + "s", flag.Name[:i] + "x" + flag.Name[i:]} {
					name := similarFlag(verb, typed)
					if slices.Contains(unsafeFlags(), name) || name != "" && verb.Flags().Lookup(name) == nil {
						t.Errorf("%s --%s: --%s is suggested", verb.Name(), typed, name)
					}
				}
			}
		})
	}
	for line, want := range map[string]string{
		"purge --all":                        "unknown flag --all; without job names, purge selects the completed jobs of the namespace",
		"purge --al":                         "unknown flag --al",
		"purge --all-namespace":              "unknown flag --all-namespace",
		"purge --volume":                     "unknown flag --volume",
		"purge --discard":                    "unknown flag --discard",
		"purge --complete":                   "unknown flag --complete; did you mean --completed?",
		"purge --mem":                        "unknown flag --mem",
		"run x --imagePullPolicy=A":          "unknown flag --imagePullPolicy; did you mean --image-pull-policy?",
		"run x --imag=y":                     "unknown flag --imag",
		"run x --cpus=1":                     "unknown flag --cpus; use --cpu",
		"run x --meory=1Gi":                  "unknown flag --meory; did you mean --memory?",
		"run x --pull=Always":                "unknown flag --pull; use --image-pull-policy=Always",
		"run x --pullPolicy=Always":          "unknown flag --pullPolicy; use --image-pull-policy=Always",
		"run x --ttlSecondsAfterFinished=60": "unknown flag --ttlSecondsAfterFinished; use --ttl=24h",
		"run x --activeDeadlineSeconds=60":   "unknown flag --activeDeadlineSeconds; use --time=1h or --deadline=1h: the limit of each attempt, or of the whole job",
		"run x --backoffLimit=2":             "unknown flag --backoffLimit; did you mean --backoff-limit?",
		"run x --backoffLimitPerIndex=2":     "unknown flag --backoffLimitPerIndex; use --retries-per-task=1",
		"run x --restartPolicy=Never":        "unknown flag --restartPolicy; use --backoff-limit=1: a failed pod is replaced, never restarted in place",
		"run x --nodeSelector=a=b":           "unknown flag --nodeSelector; did you mean --node-selector?",
		"run x --serviceAccountName=a":       "unknown flag --serviceAccountName; use --service-account=NAME",
		"run x --runAsUID=5":                 "unknown flag --runAsUID; use --run-as=1000",
		"run x --TTL=5m":                     "unknown flag --TTL; did you mean --ttl?",
		"run x --volume ./data:/data":        "unknown flag --volume; use --pvc=NAME:/path or --config-map=NAME:/path or --results=1Gi: pods cannot mount a directory of the local machine",
		"run x --gpus all":                   "unknown flag --gpus; use --gpu",
		"run x --privileged":                 "unknown flag --privileged; run has no flag for this; set it in a manifest and use -f",
		"run x -p8080:80":                    "unknown flag -p8080:80; jobs do not publish ports",
		"run x -u 1000":                      "unknown flag -u; use --run-as=1000",
		"run x -W":                           "unknown flag -W",
		"logs x -c main":                     `unknown flag -c; "kubectl logs POD -c CONTAINER" prints the log of one container`,
		"purge --allNamespaces":              "unknown flag --allNamespaces",
		"purge --discardUnfetched":           "unknown flag --discardUnfetched",
		"fetch x --chekcsum":                 "unknown flag --chekcsum; did you mean --checksum?",
		"run x -v ./data:/data":              `invalid value "./data:/data" for -v: must be a number (the log level); to mount a claim, use --pvc=NAME:/path`,
		"run x --user=1000":                  "--user names a user of the kubeconfig; for the user of the pods, use --run-as=1000",
	} {
		root, out := tree()
		root.SetErr(out)
		root.SetArgs(strings.Fields(line))
		called, err := root.ExecuteContextC(t.Context())
		if err == nil {
			t.Errorf("%s: accepted", line)
			continue
		}
		report(out, called, err)
		if firstLine, _, _ := strings.Cut(out.String(), "\n"); firstLine != "error: "+want {
			t.Errorf("%s: %s; want %s", line, firstLine, want)
		}
	}
}

// The commands of other tools lead to the verb that does the same, never by spelling alone.
func TestUnknownCommands(t *testing.T) {
	root, _ := tree()
	for word, advice := range commandHabits() {
		for _, match := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(advice, -1) {
			if command, _, err := root.Find([]string{match[1]}); err != nil || command == root {
				t.Errorf("%s: %s is no command", word, match[1])
			}
		}
	}
	for word, want := range map[string]string{
		"rm": `; use "purge"`, "delete": `; use "purge"`, "cp": `; use "fetch"`, "download": `; use "fetch"`, "ps": `; use "list"`,
		"jobs": `; use "list"`, "squeue": `; use "list"`, "describe": `; use "list"`, "lst": `; did you mean "list"?`, "fetsh": `; did you mean "fetch"?`,
		"cancle": `; did you mean "cancel"?`, "submit": `; use "run"`, "ru": `; did you mean "run"?`, "nothing": "", "lo": "", "pu": "",
		"exec": "; a job has no shell to attach to; kubectl exec runs a program in a pod",
	} {
		got := execute(t, faketest.New(), word, "x")
		if firstLine, _, _ := strings.Cut(got.Stderr, "\n"); firstLine != `error: unknown command "`+word+`"`+want || got.Status != 2 {
			t.Errorf("%s: %s; want %s", word, firstLine, want)
		}
	}
}
