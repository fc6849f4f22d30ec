package spec_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// fields returns what is wrong with the fields of a Job, of which text is the spec.
func fields(t *testing.T, text string) string {
	t.Helper()
	var manifest map[string]any
	if err := yaml.Unmarshal([]byte("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, labels: {a: b}}\nspec: "+text), &manifest); err != nil {
		t.Fatal(err)
	}
	if err := spec.FieldErrors(manifest); err != nil {
		return err.Error()
	}
	return ""
}

// inContainer returns a spec with one container that has the fields of text.
func inContainer(text string) string {
	return "{template: {spec: {containers: [{name: x, " + text + "}]}}}"
}

// What is wrong with a field is said with its name, its value and what is accepted.
func TestFieldErrors(t *testing.T) {
	const container = "spec.template.spec.containers[0]"
	for text, want := range map[string]string{
		`{backoffLimit: "3"}`:                               `invalid value "3" for spec.backoffLimit: must be a whole number, without quotes`,
		`{backoffLimit: 1.5}`:                               `invalid value 1.5 for spec.backoffLimit: must be a whole number, without quotes`,
		`{backoffLimit: 3000000000}`:                        `invalid value 3000000000 for spec.backoffLimit: must be a whole number of at most 2147483647`,
		`{activeDeadlineSeconds: 1h}`:                       `invalid value "1h" for spec.activeDeadlineSeconds: must be a whole number of seconds; write 3600`,
		`{activeDeadlineSeconds: soon}`:                     `invalid value "soon" for spec.activeDeadlineSeconds: must be a whole number of seconds, without quotes, such as 3600`,
		`{ttlSecondsAfterFinished: "60"}`:                   `invalid value "60" for spec.ttlSecondsAfterFinished: must be a whole number of seconds, without quotes, such as 3600`,
		`{suspend: "yes"}`:                                  `invalid value "yes" for spec.suspend: must be true or false, without quotes`,
		`{template: x}`:                                     `invalid value "x" for spec.template: must be a mapping of fields`,
		`{template: {spec: {containers: {name: x}}}}`:       `invalid value {...} for spec.template.spec.containers: must be a list`,
		`{template: {metadata: {labels: [a]}}}`:             `invalid value [...] for spec.template.metadata.labels: must be a mapping`,
		`{template: {metadata: {labels: {a: 1}}}}`:          `invalid value 1 for spec.template.metadata.labels.a: must be a string; put it in quotes`,
		inContainer(`command: python x.py`):                 `invalid value "python x.py" for ` + container + `.command: must be a list, such as ["sh", "-c", "date"]`,
		inContainer(`args: [1]`):                            `invalid value 1 for ` + container + `.args[0]: must be a string; put it in quotes`,
		inContainer(`env: [{name: A, value: 12345}]`):       `invalid value for ` + container + `.env[0].value: must be a string; put it in quotes`,
		inContainer(`resources: {limits: {memory: 16GB}}`):  `invalid value "16GB" for ` + container + `.resources.limits.memory: must be a quantity, such as 500m, 4Gi or 1`,
		inContainer(`resources: {limits: {memory: [1]}}`):   `invalid value [...] for ` + container + `.resources.limits.memory: must be a quantity, such as 500m, 4Gi or 1`,
		inContainer(`image: ` + strings.Repeat("x", 50)):    "",
		inContainer(`tty: ` + strings.Repeat("x", 50)):      `invalid value "` + strings.Repeat("x", 40) + `..." for ` + container + `.tty: must be true or false, without quotes`,
		inContainer(`resources: {limits: {cpu: 1}}`):        "",
		`{template: {metadata: {creationTimestamp: null}}}`: "",
		`{template: {metadata: {creationTimestamp: now}}}`:  `invalid value "now" for spec.template.metadata.creationTimestamp: must be a time, such as 2026-01-31T12:00:00Z`,
		`{backoffLimit: null, template: {}}`:                "",
	} {
		if got := fields(t, text); got != want {
			t.Errorf("%s: %s; want %s", text, got, want)
		}
	}
}

// A field that a Job does not have leads to the one that is meant.
func TestUnknownFields(t *testing.T) {
	const container = "spec.template.spec.containers[0]"
	for text, want := range map[string]string{
		`{ttl: 60}`:                         `unknown field spec.ttl; use spec.ttlSecondsAfterFinished`,
		`{timeout: 1h}`:                     `unknown field spec.timeout; use spec.activeDeadlineSeconds`,
		`{backofLimit: 3}`:                  `unknown field spec.backofLimit; did you mean spec.backoffLimit?`,
		`{backofflimit: 3}`:                 `unknown field spec.backofflimit; use spec.backoffLimit`,
		`{backoff_limit: 3}`:                `unknown field spec.backoff_limit; use spec.backoffLimit`,
		`{containers: []}`:                  `unknown field spec.containers; use spec.template.spec.containers`,
		`{image: x}`:                        `unknown field spec.image; use ` + container + `.image`,
		`{restartPolicy: Never}`:            `unknown field spec.restartPolicy; use spec.template.spec.restartPolicy`,
		`{template: {backoffLimit: 3}}`:     `unknown field spec.template.backoffLimit; use spec.backoffLimit`,
		inContainer(`restartpolicy: Never`): `unknown field ` + container + `.restartpolicy; use ` + container + `.restartPolicy`,
		inContainer(`limits: {cpu: 1}`):     `unknown field ` + container + `.limits; use ` + container + `.resources.limits`,
		inContainer(`resources: {cpu: 1}`):  `unknown field ` + container + `.resources.cpu; use ` + container + `.resources.limits.cpu`,
		inContainer(`fsGroup: 1`):           `unknown field ` + container + `.fsGroup; use spec.template.spec.securityContext.fsGroup`,
		`{zzz: 1}`:                          `unknown field spec.zzz`,
		`{a1: 1, a2: 1, a3: 1, a4: 1, a5: 1, a6: 1, a7: 1}`: `unknown field spec.a1; unknown field spec.a2; unknown field spec.a3; unknown field spec.a4; unknown field spec.a5; and 2 more`,
	} {
		if got := fields(t, text); got != want {
			t.Errorf("%s: %s; want %s", text, got, want)
		}
	}
}
