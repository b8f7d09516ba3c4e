package chat

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/exec"
)

// textMethod is a method of Python's str.
type textMethod = exec.Method[string]

// methods are those of Python's str and dict that chat templates use. Lists have none: jinja2's immutable sandbox forbids
// append and the like.
func (s *sandbox) methods() exec.Methods {
	text := map[string]textMethod{
		"strip":      strip(true, true),
		"lstrip":     strip(true, false),
		"rstrip":     strip(false, true),
		"startswith": affix(strings.HasPrefix),
		"endswith":   affix(strings.HasSuffix),
		"upper":      textOnly(func(t string) any { return strings.ToUpper(t) }),
		"lower":      textOnly(func(t string) any { return strings.ToLower(t) }),
		"splitlines": textOnly(func(t string) any { return listOf(strings.Split(strings.TrimSuffix(t, "\n"), "\n")) }),
		"split":      split,
		"find":       find,
		"replace":    func(self string, _ *exec.Value, args *exec.VarArgs) (any, error) { return s.replace(self, args) },
	}
	for _, name := range []string{"capitalize", "title", "isdigit"} {
		if m, ok := builtins.Methods.Str.Get(name); ok {
			text[name] = m
		}
	}
	for name, m := range text { // a chain of n methods runs its first 2^n times
		text[name] = func(self string, v *exec.Value, args *exec.VarArgs) (any, error) {
			s.step()
			return m(self, v, args)
		}
	}
	return exec.Methods{
		Str:   exec.NewMethodSet(text),
		Dict:  exec.NewMethodSet(s.dictMethods()),
		List:  exec.NewMethodSet(map[string]exec.Method[[]any]{}),
		Bool:  exec.NewMethodSet(map[string]exec.Method[bool]{}),
		Int:   exec.NewMethodSet(map[string]exec.Method[int]{}),
		Float: exec.NewMethodSet(map[string]exec.Method[float64]{}),
	}
}

func (s *sandbox) dictMethods() map[string]exec.Method[map[string]any] {
	methods := map[string]exec.Method[map[string]any]{}
	if get, ok := builtins.Methods.Dict.Get("get"); ok {
		methods["get"] = get
	}
	for name, item := range map[string]func(k, v *exec.Value) any{
		"items":  func(k, v *exec.Value) any { return list{k, v} },
		"keys":   func(k, _ *exec.Value) any { return k },
		"values": func(_, v *exec.Value) any { return v },
	} {
		methods[name] = func(_ map[string]any, self *exec.Value, _ *exec.VarArgs) (any, error) {
			s.step()
			out := list{}
			each(self, func(k, v *exec.Value) { out = append(out, item(k, v)) })
			return out, nil
		}
	}
	return methods
}

func textOnly(f func(string) any) textMethod {
	return func(self string, _ *exec.Value, _ *exec.VarArgs) (any, error) { return f(self), nil }
}

// strip is str.strip(chars=None), of the left, the right or both.
func strip(left, right bool) textMethod {
	return func(self string, _ *exec.Value, args *exec.VarArgs) (any, error) {
		in := unicode.IsSpace
		if a := argument(args, 0, "chars"); a != nil && !a.IsNil() {
			set := a.String()
			in = func(r rune) bool { return strings.ContainsRune(set, r) }
		}
		if left {
			self = strings.TrimLeftFunc(self, in)
		}
		if right {
			self = strings.TrimRightFunc(self, in)
		}
		return self, nil
	}
}

// affix is str.startswith or str.endswith, of a text or of any in a tuple.
func affix(has func(text, affix string) bool) textMethod {
	return func(self string, _ *exec.Value, args *exec.VarArgs) (any, error) {
		a := argument(args, 0, "")
		if a == nil {
			return nil, errors.New("want an affix to look for")
		}
		if !a.IsList() {
			return has(self, a.String()), nil
		}
		found := false
		a.Iterate(func(_, _ int, item, _ *exec.Value) bool {
			found = has(self, item.String())
			return !found
		}, func() {})
		return found, nil
	}
}

// find is str.find(sub), in characters.
func find(self string, _ *exec.Value, args *exec.VarArgs) (any, error) {
	a := argument(args, 0, "sub")
	if a == nil {
		return nil, errors.New("find: want a text to find")
	}
	at := strings.Index(self, a.String())
	if at > 0 {
		at = utf8.RuneCountInString(self[:at])
	}
	return at, nil
}

// split is str.split(sep=None, maxsplit=-1).
func split(self string, _ *exec.Value, args *exec.VarArgs) (any, error) {
	separator, limit := argument(args, 0, "sep"), argument(args, 1, "maxsplit")
	if separator == nil || separator.IsNil() {
		return listOf(strings.Fields(self)), nil
	}
	if separator.String() == "" {
		return nil, errors.New("split: want a separator, found none")
	}
	n := -1
	if limit != nil && limit.IsInteger() && limit.Integer() >= 0 {
		n = limit.Integer() + 1
	}
	return listOf(strings.SplitN(self, separator.String(), n)), nil
}

// replace is str.replace(old, new, count=-1).
func (s *sandbox) replace(text string, args *exec.VarArgs) (any, error) {
	from, to, limit := argument(args, 0, "old"), argument(args, 1, "new"), argument(args, 2, "count")
	if from == nil || to == nil {
		return nil, errors.New("replace: want what to replace, and by what")
	}
	n := -1
	if limit != nil && limit.IsInteger() {
		n = limit.Integer()
	}
	s.fits(len(text) + strings.Count(text, from.String())*len(to.String()))
	return strings.Replace(text, from.String(), to.String(), n), nil
}
