package krew

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"
)

// Sum returns the SHA-256, in hex, of the archive that a URI names.
type Sum func(uri string) (string, error)

// request is the data of a template. For a preview of a template, the bot fills in only the tag;
// the other fields are empty.
type request struct {
	TagName, PluginName, PluginRepo, PluginOwner, PluginReleaseActor, TemplateFile string
}

// Render renders a template of krew-release-bot for a tag.
func Render(text []byte, tag string, sum Sum) ([]byte, error) {
	functions := template.FuncMap{
		"indent": indent,
		"addURIAndSha": func(uri, tag string) (string, error) {
			return uriAndSum(uri, tag, sum)
		},
	}
	parsed, err := template.New("manifest").Funcs(functions).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var rendered bytes.Buffer
	err = parsed.Execute(&rendered, request{TagName: tag})
	return rendered.Bytes(), err
}

// uriAndSum gives two lines. The second is indented by four spaces, as if the first
// stood at four: templates count on that.
func uriAndSum(uri, tag string, sum Sum) (string, error) {
	parsed, err := template.New("uri").Parse(uri)
	if err != nil {
		return "", err
	}
	var rendered bytes.Buffer
	if err := parsed.Execute(&rendered, struct{ TagName string }{tag}); err != nil {
		return "", err
	}
	hash, err := sum(rendered.String())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("uri: %s\n    sha256: %s", &rendered, hash), nil
}

// indent is for a place that is not at four spaces. The first line keeps its own.
func indent(spaces int, lines string) string {
	lines = strings.ReplaceAll(lines, "    sha256:", "sha256:")
	return strings.TrimSpace(strings.ReplaceAll(lines, "\n", "\n"+strings.Repeat(" ", spaces)))
}
