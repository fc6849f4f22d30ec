package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// mostFieldErrors is how many fields FieldErrors names.
const mostFieldErrors = 5

// FieldErrors returns an error that names the fields of a manifest that a Job does not have, and those with
// an invalid value. It is nil if there are none.
func FieldErrors(manifest map[string]any) error {
	check := &fieldCheck{}
	check.value("", manifest, reflect.TypeFor[batchv1.Job]())
	if omitted := len(check.problems) - mostFieldErrors; omitted > 0 {
		check.problems = append(check.problems[:mostFieldErrors], fmt.Sprintf("and %d more", omitted))
	}
	if len(check.problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(check.problems, "; "))
}

// fieldCheck compares a manifest with the Go type of a Job.
type fieldCheck struct{ problems []string }

func (c *fieldCheck) report(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// invalid reports an invalid value. Values of variables are not shown, because they may be secret.
func (c *fieldCheck) invalid(path string, value any, accepted string) {
	if strings.HasSuffix(path, "].value") {
		c.report("invalid value for %s: %s", path, accepted)
		return
	}
	c.report("invalid value %s for %s: %s", shown(value), path, accepted)
}

// shown is a value of a manifest, shortened.
func shown(value any) string {
	const longest = 40
	switch v := value.(type) {
	case map[string]any:
		return "{...}"
	case []any:
		return "[...]"
	case string:
		if runes := []rune(v); len(runes) > longest {
			v = string(runes[:longest]) + "..."
		}
		return strconv.Quote(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// value compares value, which is at path, with the type of its field.
func (c *fieldCheck) value(path string, value any, kind reflect.Type) {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if value == nil || c.special(path, value, kind) {
		return
	}
	switch kind.Kind() {
	case reflect.Struct:
		c.object(path, value, kind)
	case reflect.Map:
		c.dictionary(path, value, kind.Elem())
	case reflect.Slice:
		c.list(path, value, kind.Elem())
	default:
		c.scalar(path, value, kind)
	}
}

// special compares the values that have a text form of their own.
func (c *fieldCheck) special(path string, value any, kind reflect.Type) bool {
	accepted, ok := map[reflect.Type]string{
		reflect.TypeFor[resource.Quantity]():  "must be a quantity, such as 500m, 4Gi or 1",
		reflect.TypeFor[intstr.IntOrString](): "must be a whole number or a string",
		reflect.TypeFor[metav1.Time]():        "must be a time, such as 2026-01-31T12:00:00Z",
		reflect.TypeFor[metav1.MicroTime]():   "must be a time, such as 2026-01-31T12:00:00.000000Z",
		reflect.TypeFor[metav1.FieldsV1]():    "must be a mapping of fields",
	}[kind]
	if !ok {
		return false
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(kind).Interface())
	}
	if err != nil {
		c.invalid(path, value, accepted)
	}
	return true
}

func (c *fieldCheck) object(path string, value any, kind reflect.Type) {
	object, ok := value.(map[string]any)
	if !ok {
		c.invalid(path, value, "must be a mapping of fields")
		return
	}
	fields := fieldsOf(kind)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field, ok := fields[name]
		if !ok {
			c.report("unknown field %s%s", join(path, name), fieldAdvice(path, name, slices.Sorted(maps.Keys(fields))))
			continue
		}
		c.value(join(path, name), object[name], field)
	}
}

// fieldsOf returns the types of the fields of a struct by their names in a manifest.
func fieldsOf(kind reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for field := range kind.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" && field.Anonymous:
			maps.Copy(fields, fieldsOf(field.Type))
		case name != "" && name != "-":
			fields[name] = field.Type
		}
	}
	return fields
}

func (c *fieldCheck) dictionary(path string, value any, kind reflect.Type) {
	entries, ok := value.(map[string]any)
	if !ok {
		c.invalid(path, value, "must be a mapping")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		c.value(join(path, key), entries[key], kind)
	}
}

func (c *fieldCheck) list(path string, value any, kind reflect.Type) {
	entries, ok := value.([]any)
	switch {
	case kind.Kind() == reflect.Uint8: // bytes are a text in base64
	case !ok && kind.Kind() == reflect.String:
		c.invalid(path, value, `must be a list, such as ["sh", "-c", "date"]`)
	case !ok:
		c.invalid(path, value, "must be a list")
	}
	for i, entry := range entries {
		c.value(fmt.Sprintf("%s[%d]", path, i), entry, kind)
	}
}

func (c *fieldCheck) scalar(path string, value any, kind reflect.Type) {
	text, isText := value.(string)
	switch kind.Kind() {
	case reflect.String:
		if !isText {
			c.invalid(path, value, "must be a string; put it in quotes")
		}
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			c.invalid(path, value, "must be true or false, without quotes")
		}
	default:
		if number, ok := wholeNumber(value); !ok {
			c.invalid(path, value, acceptedNumber(path, text))
		} else if kind.Kind() != reflect.Int64 && reflect.Zero(kind).CanInt() && reflect.Zero(kind).OverflowInt(number) {
			c.invalid(path, value, "must be a whole number of at most 2147483647")
		}
	}
}

// wholeNumber returns the number that value is, as JSON and YAML have it.
func wholeNumber(value any) (int64, bool) {
	switch number := value.(type) {
	case int64:
		return number, true
	case float64:
		return int64(number), number == float64(int64(number))
	}
	return 0, false
}

// acceptedNumber describes the valid values of a numeric field that contains a text.
func acceptedNumber(path, text string) string {
	span, err := time.ParseDuration(text)
	switch seconds := strings.Contains(path, "Seconds"); {
	case seconds && err == nil && span > 0 && span%time.Second == 0 && text != "":
		return fmt.Sprintf("must be a whole number of seconds; write %d", int64(span/time.Second))
	case seconds:
		return "must be a whole number of seconds, without quotes, such as 3600"
	}
	return "must be a whole number, without quotes"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
