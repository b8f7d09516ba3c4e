package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// toJSON is transformers' tojson: json.dumps(x, ensure_ascii=False, indent=indent), in which nothing is escaped for HTML.
func toJSON(_ *exec.Evaluator, in *exec.Value, args *exec.VarArgs) *exec.Value {
	w := jsonWriter{indent: -1}
	if a := argument(args, 2, "indent"); a != nil && a.IsInteger() {
		if w.indent = a.Integer(); w.indent < 0 || w.indent > 16 {
			return exec.AsValue(errors.New("tojson: want an indent of 0 to 16"))
		}
	}
	if err := w.value(in, 0); err != nil {
		return exec.AsValue(err)
	}
	return exec.AsSafeValue(w.out.String())
}

type jsonWriter struct {
	out    strings.Builder
	indent int // -1: on one line
}

func (w *jsonWriter) value(v *exec.Value, depth int) error {
	switch {
	case depth > maxNesting:
		return fmt.Errorf("tojson: want at most %d levels", maxNesting)
	case v == nil || v.IsNil():
		w.out.WriteString("null")
	case v.IsDict():
		return w.object(v, depth)
	case v.IsList():
		var items []*exec.Value
		v.Iterate(func(_, _ int, item, _ *exec.Value) bool {
			items = append(items, item)
			return true
		}, func() {})
		return w.sequence('[', ']', len(items), depth, func(i int) error { return w.value(items[i], depth+1) })
	case v.IsString(), v.IsBool(), v.IsNumber():
		return w.scalar(v.Interface())
	default:
		return fmt.Errorf("tojson: want a text, number, list or dictionary, found %T", v.Interface())
	}
	return nil
}

func (w *jsonWriter) object(v *exec.Value, depth int) error {
	var keys []string
	items := map[string]*exec.Value{}
	each(v, func(key, item *exec.Value) {
		if _, ok := items[key.String()]; !ok {
			keys = append(keys, key.String())
		}
		items[key.String()] = item
	})
	return w.sequence('{', '}', len(keys), depth, func(i int) error {
		if err := w.scalar(keys[i]); err != nil {
			return err
		}
		w.out.WriteString(": ")
		return w.value(items[keys[i]], depth+1)
	})
}

// sequence writes n items between open and end.
func (w *jsonWriter) sequence(open, end byte, n, depth int, item func(int) error) error {
	w.out.WriteByte(open)
	for i := range n {
		switch {
		case w.indent >= 0 && i > 0:
			w.out.WriteByte(',')
		case i > 0:
			w.out.WriteString(", ")
		}
		w.line(depth + 1)
		if err := item(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.line(depth)
	}
	w.out.WriteByte(end)
	return nil
}

func (w *jsonWriter) line(depth int) {
	if w.indent >= 0 {
		w.out.WriteString("\n" + strings.Repeat(" ", w.indent*depth))
	}
}

func (w *jsonWriter) scalar(v any) error {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	w.out.WriteString(strings.TrimSuffix(out.String(), "\n"))
	return nil
}
