package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Code is what was found in Go files.
type Code struct {
	// Identifiers is the number of declared functions, parameters, fields, variables and constants.
	Identifiers int
	// FunctionWords are the identifiers that say nothing of their meaning: prepositions, pronouns, adverbs and bare participles.
	FunctionWords []Finding
	// VagueFunctions are functions whose name is an everyday verb without an object.
	VagueFunctions []Finding
	// TripleAssignments are assignments of three or more values at once.
	TripleAssignments []Finding
	// Phrases are those in string literals.
	Phrases []Finding
}

// functionWords returns the names that no identifier should have.
func functionWords() []string {
	return strings.Fields(`
		after again all another asked at bad before both by came come each first found from gone good here how kept known last left
		made more most next now of one only other over own said same seen some there then to told under wanted went what where who why with`)
}

// vagueVerbs returns the names that no function should have.
func vagueVerbs() []string {
	return strings.Fields("begin bring come doubt fit give go hold judge keep land leave look over pass say settle stay suit take tell was")
}

// Add adds what is in a Go file. Its name is used for findings only.
func (c *Code) Add(name string, text []byte) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	reader := reader{code: c, files: files, functionWords: functionWords(), vagueVerbs: vagueVerbs()}
	ast.Inspect(file, reader.visit)
	return nil
}

// reader collects the findings of one file.
type reader struct {
	code                      *Code
	files                     *token.FileSet
	functionWords, vagueVerbs []string
}

// visit is a function for ast.Inspect.
func (r *reader) visit(node ast.Node) bool {
	switch x := node.(type) {
	case *ast.FuncDecl:
		r.declare(x.Name)
		if slices.Contains(r.vagueVerbs, strings.ToLower(x.Name.Name)) {
			r.code.VagueFunctions = append(r.code.VagueFunctions, r.finding(x.Name, x.Name.Name))
		}
	case *ast.Field:
		r.declare(x.Names...)
	case *ast.ValueSpec:
		r.declare(x.Names...)
	case *ast.RangeStmt:
		if x.Tok == token.DEFINE {
			r.declareExpressions(x.Key, x.Value)
		}
	case *ast.AssignStmt:
		r.assignment(x)
	case *ast.BinaryExpr:
		return !r.concatenation(x)
	case *ast.BasicLit:
		r.literal(x, x)
	}
	return true
}

func (r *reader) assignment(x *ast.AssignStmt) {
	if x.Tok == token.DEFINE {
		r.declareExpressions(x.Lhs...)
	}
	if len(x.Rhs) > 2 {
		r.code.TripleAssignments = append(r.code.TripleAssignments, r.finding(x, strconv.Itoa(len(x.Rhs))+" values"))
	}
}

func (r *reader) declareExpressions(expressions ...ast.Expr) {
	for _, expression := range expressions {
		if identifier, ok := expression.(*ast.Ident); ok {
			r.declare(identifier)
		}
	}
}

func (r *reader) declare(identifiers ...*ast.Ident) {
	for _, identifier := range identifiers {
		if identifier.Name == "_" {
			continue
		}
		r.code.Identifiers++
		if slices.Contains(r.functionWords, identifier.Name) {
			r.code.FunctionWords = append(r.code.FunctionWords, r.finding(identifier, identifier.Name))
		}
	}
}

// concatenation reads literals that + joins as one text, because a phrase can begin in one and end in the next. It
// reports whether all operands are literals.
func (r *reader) concatenation(x *ast.BinaryExpr) bool {
	literals, ok := operands(x)
	if ok {
		r.literal(x, literals...)
	}
	return ok
}

// operands returns the string literals of a chain of +; false if it contains anything else.
func operands(x ast.Expr) ([]*ast.BasicLit, bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		return []*ast.BasicLit{x}, x.Kind == token.STRING
	case *ast.BinaryExpr:
		head, headOK := operands(x.X)
		tail, tailOK := operands(x.Y)
		return append(head, tail...), x.Op == token.ADD && headOK && tailOK
	}
	return nil, false
}

// literal finds phrases in the text of literals at node.
func (r *reader) literal(node ast.Node, literals ...*ast.BasicLit) {
	var text strings.Builder
	for _, literal := range literals {
		if literal.Kind != token.STRING {
			return
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			return
		}
		text.WriteString(value)
	}
	for _, phrase := range InText(text.String()) {
		finding := r.finding(node, phrase.Text)
		if len(literals) == 1 && strings.HasPrefix(literals[0].Value, "`") {
			finding.Line += phrase.Line - 1
		}
		r.code.Phrases = append(r.code.Phrases, finding)
	}
}

func (r *reader) finding(node ast.Node, text string) Finding {
	position := r.files.Position(node.Pos())
	return Finding{File: position.Filename, Line: position.Line, Text: text}
}
