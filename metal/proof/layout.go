package proof

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Field is one of a kernel's arguments: Count numbers of type uint or float, or an array of them if Count is over 1.
type Field struct {
	Name, Type string
	Count      int
}

// CheckArguments has the compiler compare the struct of arguments of a kernel, its last buffer, with the fields, which follow one another.
func (t *Toolchain) CheckArguments(ctx context.Context, kernel string, fields []Field, files ...File) error {
	s, err := t.preprocess(ctx, files)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(s.instances, func(n instance) bool { return n.name == kernel })
	if i < 0 {
		return fmt.Errorf("proof: no kernel %q", kernel)
	}
	f := s.functions[slices.IndexFunc(s.functions, func(f function) bool { return f.name.text == s.instances[i].base })]
	last := -1
	for k, p := range f.parameters {
		if p.kind == "Buffer" && (last < 0 || p.index > f.parameters[last].index) {
			last = k
		}
	}
	if last < 0 {
		return fmt.Errorf("proof: %s: want a buffer with arguments, found none", kernel)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n#line 1 %q\ntypedef sgp::Parameter<decltype(&%s), %d>::type sgp_arguments;\n", translate(s), kernel+" arguments", s.instances[i].function, last)
	offset := 0
	for _, x := range fields {
		name := strings.ToLower(x.Name)
		if snake := strings.ToLower(humps.ReplaceAllString(x.Name, "${1}_$2")); regexp.MustCompile(`\b` + snake + `\b`).MatchString(s.text) {
			name = snake
		}
		typ := x.Type
		if x.Count > 1 {
			typ = fmt.Sprintf("%s[%d]", x.Type, x.Count)
		}
		fmt.Fprintf(&text, "static_assert(__builtin_offsetof(sgp_arguments, %s) == %d, %q);\n", name, offset, x.Name+" lies elsewhere")
		fmt.Fprintf(&text, "static_assert(sgp::same<decltype(sgp_arguments::%s), %s>::value, %q);\n", name, typ, x.Name+" has another type")
		offset += 4 * x.Count
	}
	fmt.Fprintf(&text, "static_assert(sizeof(sgp_arguments) == %d, \"the size differs\");\n", offset)
	_, err = t.run(ctx, t.shim, []byte(text.String()), frontend...)
	return err
}

// CheckOlder compiles the kernels for another version of Metal, such as 300 for 3.0, and returns their names.
func (t *Toolchain) CheckOlder(ctx context.Context, version int, files ...File) ([]string, error) {
	s, err := t.preprocessFor(ctx, version, files)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range s.instances {
		names = append(names, n.name)
	}
	_, err = t.run(ctx, t.shim, []byte(translate(s)), append([]string{fmt.Sprint("-D__METAL_VERSION__=", version)}, frontend...)...)
	return names, err
}

var humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)
