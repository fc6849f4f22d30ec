package submit

import (
	"errors"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// dialects are how a shell may read a line; none for a shell that is not like sh.
func dialects(shell string) []syntax.LangVariant {
	switch path.Base(shell) {
	case "sh", "dash", "ash":
		return []syntax.LangVariant{syntax.LangPOSIX, syntax.LangBash} // some know more than they must
	case "ksh", "mksh":
		return []syntax.LangVariant{syntax.LangMirBSDKorn}
	case "bash", "zsh":
		return []syntax.LangVariant{syntax.LangBash}
	}
	return nil
}

// checkComplete says why a shell would read on behind the end of line: a quote or a here
// document that is open, an operator at the end. Whatever else is wrong with it the
// shell itself says.
func checkComplete(shell, line string) error {
	var open error
	for _, dialect := range dialects(shell) {
		_, err := syntax.NewParser(syntax.Variant(dialect)).Parse(strings.NewReader(line+"\n"), "")
		if !syntax.IsIncomplete(err) {
			return nil
		}
		open = err
	}
	if wrong, ok := errors.AsType[syntax.ParseError](open); ok {
		return errors.New(wrong.Text)
	}
	return open
}
