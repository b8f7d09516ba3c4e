package proof

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// source is a kernel file after the preprocessor.
type source struct {
	text      string
	tokens    []token
	functions []function
	instances []instance
	dropped   map[int]int // explicit instantiations that are left out, from where to where in the text
}

// keep leaves out the instances that f does not name.
func (s *source) keep(f func(kernel string) bool) {
	s.dropped = map[int]int{}
	s.instances = slices.DeleteFunc(s.instances, func(n instance) bool {
		if !f(n.name) && n.span[1] > 0 {
			s.dropped[n.span[0]] = n.span[1]
		}
		return !f(n.name)
	})
}

// function is a function marked as a kernel.
type function struct {
	name       token
	template   bool
	parameters []parameter
	body       [2]int // tokens, from { to }
}

// parameter is one of a kernel, and what it is bound to.
type parameter struct {
	tokens []token // without attributes
	kind   string  // as sgp::Kind names it
	index  int     // of a buffer, or of threadgroup memory
}

// instance is a kernel under the name of its pipeline.
type instance struct {
	name, function string // the function with its template arguments
	base           string // without
	span           [2]int // of an explicit instantiation, in the text
}

// kinds are Metal's attributes of parameters. Those with a vector type count in up to three dimensions.
var kinds = map[string]struct {
	kind   string
	vector bool
}{
	"thread_position_in_grid":          {"PositionInGrid", true},
	"threads_per_grid":                 {"GridSize", true},
	"thread_position_in_threadgroup":   {"PositionInGroup", true},
	"threads_per_threadgroup":          {"GroupSize", true},
	"dispatch_threads_per_threadgroup": {"GroupSize", true},
	"threadgroup_position_in_grid":     {"GroupPosition", true},
	"threadgroups_per_grid":            {"Groups", true},
	"thread_index_in_threadgroup":      {"IndexInGroup", false},
	"thread_index_in_simdgroup":        {"Lane", false},
	"simdgroup_index_in_threadgroup":   {"SimdgroupIndex", false},
	"simdgroups_per_threadgroup":       {"Simdgroups", false},
	"threads_per_simdgroup":            {"SimdgroupSize", false},
}

func parse(text string) (*source, error) {
	s := &source{text: text, tokens: lex("kernel", text)}
	var errs []error
	for i, t := range s.tokens {
		if t.text == "kernel" {
			errs = append(errs, s.kernel(i))
		}
	}
	for _, i := range s.instances {
		if !slices.ContainsFunc(s.functions, func(f function) bool { return f.name.text == i.base }) {
			errs = append(errs, errors.New("no kernel "+i.base+" to instantiate"))
		}
	}
	return s, errors.Join(errs...)
}

// kernel reads what the word at i marks: [[kernel]] or kernel, before a function or an explicit instantiation.
func (s *source) kernel(i int) error {
	t := s.tokens
	begin := i
	for begin > 0 && !slices.Contains([]string{";", "}", "{"}, t[begin-1].text) {
		begin--
	}
	k := i + 1
	for k < len(t) && (t[k].text == "]]" || t[k].text == "[[") {
		if t[k].text == "[[" {
			k = closing(t, k)
		}
		k++
	}
	if k >= len(t) {
		return t[i].at("a kernel without a function")
	}
	host := hostName(t[begin:k])
	if t[begin].text == "template" && begin+1 < len(t) && t[begin+1].text != "<" {
		return s.instantiation(host, t[begin].start, t[k:])
	}
	if t[k].text != "void" || k+2 >= len(t) || t[k+2].text != "(" {
		return t[k].at("a kernel returns void")
	}
	f := function{name: t[k+1], template: t[begin].text == "template"}
	if slices.ContainsFunc(s.functions, func(g function) bool { return g.name.text == f.name.text }) {
		return f.name.at("%s: another kernel has this name", f.name.text)
	}
	end := closing(t, k+2)
	for _, p := range split(t[k+3 : min(end, len(t))]) {
		parameter, err := parameterOf(p)
		if err != nil {
			return err
		}
		f.parameters = append(f.parameters, parameter)
	}
	if end+1 < len(t) && t[end+1].text == "{" {
		f.body = [2]int{end + 1, closing(t, end+1)}
	}
	s.functions = append(s.functions, f)
	if !f.template {
		s.instances = append(s.instances, instance{name: or(host, f.name.text), function: f.name.text, base: f.name.text})
	}
	return nil
}

// instantiation reads void f<...>(...); or decltype(f<...>) f<...>;
func (s *source) instantiation(host string, begin int, t []token) error {
	k := 1
	if t[0].text == "decltype" {
		k = closing(t, 1) + 1
	}
	if k+1 >= len(t) || t[k+1].text != "<" || angles(t, k+1) < 0 {
		return t[0].at("an instantiation names a kernel and its types")
	}
	full := t[k : angles(t, k+1)+1]
	if host == "" {
		return t[0].at("%s: an instantiation has a host_name", spell(full))
	}
	end := slices.IndexFunc(t, func(x token) bool { return x.text == ";" })
	if end < 0 {
		return t[0].at("%s: an instantiation ends with a semicolon", spell(full))
	}
	s.instances = append(s.instances, instance{host, spell(full), full[0].text, [2]int{begin, t[end].end()}})
	return nil
}

func hostName(t []token) string {
	for i, x := range t {
		if x.text != "host_name" || i+1 >= len(t) {
			continue
		}
		var name strings.Builder
		for _, part := range t[i+2 : min(closing(t, i+1), len(t))] {
			unquoted, _ := strconv.Unquote(part.text)
			name.WriteString(unquoted)
		}
		return name.String()
	}
	return ""
}

func parameterOf(t []token) (parameter, error) {
	p := parameter{index: -1}
	for i := 0; i < len(t); i++ {
		if t[i].text != "[[" {
			p.tokens = append(p.tokens, t[i])
			continue
		}
		end := min(closing(t, i), len(t))
		attribute := t[i+1 : end]
		i = end
		if len(attribute) == 0 {
			continue
		}
		switch name := attribute[0].text; {
		case name == "buffer" || name == "threadgroup":
			p.kind = map[string]string{"buffer": "Buffer", "threadgroup": "Memory"}[name]
			if len(attribute) != 4 {
				return p, attribute[0].at("want %s(number)", name)
			}
			n, err := strconv.Atoi(attribute[2].text)
			if err != nil {
				return p, attribute[0].at("want %s(number), found %q", name, attribute[2].text)
			}
			p.index = n
		case kinds[name].kind != "":
			p.kind = kinds[name].kind
		}
	}
	if p.kind == "" {
		return p, t[0].at("parameter %q has no attribute that says what it is", spell(p.tokens))
	}
	return p, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
