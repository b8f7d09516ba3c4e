package chat

import (
	"reflect"
	"strings"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/exec"
)

// maxNesting also ends a value that holds itself.
const maxNesting = 32

// measured is v; it stops when v would print as more than a value may have.
func (s *sandbox) measured(v *exec.Value) *exec.Value {
	left := s.size
	if v != nil && !v.IsError() && !weigh(v.Interface(), 0, &left) {
		s.fits(s.size + 1)
	}
	return v
}

// weigh takes the printed size of v, roughly, from left and reports whether it was enough.
func weigh(v any, depth int, left *int) bool {
	*left--
	if *left < 0 || depth > maxNesting {
		return false
	}
	switch v := v.(type) {
	case nil:
		return true
	case string:
		*left -= len(v)
		return *left >= 0
	case *exec.Value:
		return v == nil || v.IsNil() || !v.Val.CanInterface() || weigh(v.Interface(), depth+1, left)
	case *exec.Dict:
		for _, p := range v.Pairs {
			if !weigh(p, depth+1, left) {
				return false
			}
		}
		return true
	case *exec.Pair:
		return weigh(v.Key, depth+1, left) && weigh(v.Value, depth+1, left)
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range r.Len() {
			if !weigh(element(r.Index(i)), depth+1, left) {
				return false
			}
		}
	case reflect.Map:
		for it := r.MapRange(); it.Next(); {
			if !weigh(element(it.Key()), depth+1, left) || !weigh(element(it.Value()), depth+1, left) {
				return false
			}
		}
	}
	return true
}

// element is the value of a part of a list or map: lists that the library joined hold reflect.Value.
func element(r reflect.Value) any {
	if !r.IsValid() || !r.CanInterface() {
		return nil
	}
	if inner, ok := r.Interface().(reflect.Value); ok {
		return element(inner)
	}
	return r.Interface()
}

// filters are those that chat templates use, measured; tojson, replace and join are ours.
func (s *sandbox) filters() *exec.FilterSet {
	all := map[string]exec.FilterFunction{}
	for _, name := range []string{"abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "int", "items", "last",
		"length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "safe", "select", "selectattr", "sort",
		"string", "sum", "title", "trim", "unique", "upper", "wordcount"} {
		if filter, ok := builtins.Filters.Get(name); ok {
			all[name] = s.counted(filter)
		}
	}
	all["tojson"] = s.counted(toJSON)
	all["replace"] = s.counted(func(_ *exec.Evaluator, in *exec.Value, args *exec.VarArgs) *exec.Value {
		return result(s.replace(in.String(), args))
	})
	all["join"] = s.counted(s.join)
	all["indent"] = s.counted(s.indent)
	return exec.NewFilterSet(all)
}

// counted makes a filter a step and measures its result.
func (s *sandbox) counted(filter exec.FilterFunction) exec.FilterFunction {
	return func(e *exec.Evaluator, in *exec.Value, args *exec.VarArgs) *exec.Value {
		s.step()
		if in.IsError() {
			return in
		}
		return s.measured(filter(e, in, args))
	}
}

func (s *sandbox) join(_ *exec.Evaluator, in *exec.Value, args *exec.VarArgs) *exec.Value {
	separator := ""
	if a := argument(args, 0, "d"); a != nil {
		separator = a.String()
	}
	var parts []string
	total := 0
	in.Iterate(func(_, _ int, item, _ *exec.Value) bool {
		parts = append(parts, item.String())
		total += len(parts[len(parts)-1]) + len(separator)
		return total <= s.size
	}, func() {})
	s.fits(total)
	return exec.AsValue(strings.Join(parts, separator))
}

// indent is Jinja's indent(width=4, first=false, blank=false).
func (s *sandbox) indent(_ *exec.Evaluator, in *exec.Value, args *exec.VarArgs) *exec.Value {
	pad := "    "
	if a := argument(args, 0, "width"); a != nil && a.IsInteger() {
		if a.Integer() < 0 || a.Integer() > 80 {
			s.stop("indent: want a width of 0 to 80")
		}
		pad = strings.Repeat(" ", a.Integer())
	} else if a != nil {
		pad = a.String()
	}
	first, blank := argument(args, 1, "first"), argument(args, 2, "blank")
	lines := strings.Split(in.String(), "\n")
	s.fits(len(lines) * len(pad))
	for i, line := range lines {
		if (i > 0 || first != nil && first.IsTrue()) && (line != "" || blank != nil && blank.IsTrue()) {
			lines[i] = pad + line
		}
	}
	return exec.AsValue(strings.Join(lines, "\n"))
}

// argument is the i-th positional argument or the one of that name; nil where there is none.
func argument(args *exec.VarArgs, i int, name string) *exec.Value {
	if i < len(args.Args) {
		return args.Args[i]
	}
	return args.KwArgs[name]
}

func result(v any, err error) *exec.Value {
	if err != nil {
		return exec.AsValue(err)
	}
	return exec.AsValue(v)
}

// each calls f for every item of a dictionary: one written in the template keeps its order, the keys of others are sorted.
func each(v *exec.Value, f func(key, item *exec.Value)) {
	if d, ok := v.Interface().(*exec.Dict); ok {
		for _, p := range d.Pairs {
			f(p.Key, p.Value)
		}
		return
	}
	v.IterateOrder(func(_, _ int, key, item *exec.Value) bool {
		f(key, item)
		return true
	}, func() {}, false, true, true)
}

// list is a list whose items count from the end, too: the library's own have no [-1] when they have one item.
type list []any

// GetItem implements exec.ItemGetter.
func (l list) GetItem(key any) (*exec.Value, bool) {
	i, ok := key.(int)
	if i < 0 {
		i += len(l)
	}
	if !ok || i < 0 || i >= len(l) {
		return exec.AsValue(nil), false
	}
	return exec.ToValue(l[i]), true
}

func listOf(texts []string) list {
	out := make(list, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
