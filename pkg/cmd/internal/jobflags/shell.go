package jobflags

import (
	"errors"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// dialects returns the dialects in which a shell can read a command; none for a shell that is not like sh.
func dialects(shell string) []syntax.LangVariant {
	switch path.Base(shell) {
	case "sh", "dash", "ash":
		return []syntax.LangVariant{syntax.LangPOSIX, syntax.LangBash} // many shells called sh accept more than POSIX
	case "ksh", "mksh":
		return []syntax.LangVariant{syntax.LangMirBSDKorn}
	case "bash", "zsh":
		return []syntax.LangVariant{syntax.LangBash}
	}
	return nil
}

// checkComplete returns an error if a shell would continue to read after the end of line: an open quote or here
// document, or an operator at the end. The shell itself reports all other errors.
func checkComplete(shell, line string) error {
	var incomplete error
	for _, dialect := range dialects(shell) {
		_, err := syntax.NewParser(syntax.Variant(dialect)).Parse(strings.NewReader(line+"\n"), "")
		if !syntax.IsIncomplete(err) {
			return nil
		}
		incomplete = err
	}
	if parseError, ok := errors.AsType[syntax.ParseError](incomplete); ok {
		return errors.New(parseError.Text)
	}
	return incomplete
}
