package spelling_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

func TestRule(t *testing.T) {
	for name, test := range map[string]struct {
		problems []string
		want     string
	}{
		"label":           {validation.IsDNS1123Label("Train"), "must consist of lower-case letters, digits and '-', and must start and end with a letter or digit"},
		"label with dots": {validation.IsDNS1123Label("a.b"), "must not contain dots"},
		"subdomain":       {validation.IsDNS1123Subdomain("Train_1"), "must consist of lower-case letters, digits, '-' and '.', and must start and end with a letter or digit"},
		"too long":        {validation.IsDNS1123Subdomain(strings.Repeat("a", 254)), "must be no more than 253 characters"},
		"variable":        {validation.IsEnvVarName("1A"), "must consist of letters, digits, '_', '-' and '.', and must not start with a digit"},
		"label value":     {validation.IsValidLabelValue("-"), "must be an empty string or consist of letters, digits, '-', '_' and '.', and must start and end with a letter or digit"},
		"qualified name":  {validation.IsQualifiedName("!"), "name part must consist of letters, digits, '-', '_' and '.', and must start and end with a letter or digit"},
		"prefix":          {validation.IsQualifiedName("A/b"), "prefix part must consist of lower-case letters, digits, '-' and '.', and must start and end with a letter or digit"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := spelling.Rule(test.problems); got != test.want {
				t.Errorf("%q; want %q", got, test.want)
			}
		})
	}
}
