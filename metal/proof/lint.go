package proof

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// What clang takes and Metal does not, by words. Section 1.5.4 of the Metal Shading Language Specification lists most of them.
var refusedWords = map[string]string{
	"double": "Metal has no double", "goto": "Metal has no goto", "register": "Metal has no register variables",
	"thread_local": "Metal has no thread_local", "virtual": "Metal has no virtual functions", "new": "Metal has no new",
	"delete": "Metal has no delete", "dynamic_cast": "Metal has no type identification", "typeid": "Metal has no type identification",
	"noexcept": "Metal has no noexcept", "try": "Metal has no exceptions", "catch": "Metal has no exceptions", "throw": "Metal has no exceptions",
	"asm": "assembly is another on every GPU", "std": "the C++ library is not Metal's", "mutable": "kernels need no mutable",
	"main": "main is no name for a function", "thread_elements": "which lane holds what of a matrix is not documented",
}

var (
	number    = regexp.MustCompile(`^\.?[0-9]`)
	fraction  = regexp.MustCompile(`^([0-9]+\.[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)$`)
	longFloat = regexp.MustCompile(`^[0-9.]+([eE][+-]?[0-9]+)?[lL]$`)
	reserved  = regexp.MustCompile(`^(__|sgp)`)
)

// lint refuses what clang takes and Apple's compiler would not, as far as words can tell. The compiler's flags and lintIR refuse the rest.
func lint(s *source) error {
	var errs []error
	for i, t := range s.tokens {
		switch {
		case refusedWords[t.text] != "":
			errs = append(errs, t.at("%s", refusedWords[t.text]))
		case t.word() && reserved.MatchString(t.text):
			errs = append(errs, t.at("%s: the name is reserved", t.text))
		case fraction.MatchString(t.text) || number.MatchString(t.text) && longFloat.MatchString(t.text) && strings.Contains(t.text, "."):
			errs = append(errs, t.at("%s: a number without f or h is a double", t.text))
		case t.text == "[" && lambda(s.tokens, i):
			errs = append(errs, t.at("Metal 3.0 has no lambda expressions"))
		case (t.text == "struct" || t.text == "class") && derived(s.tokens, i):
			errs = append(errs, t.at("%s: Metal has no derived classes", s.tokens[i+1].text))
		case t.text == "threadgroup" && variable(s.tokens, i) && !s.inKernel(i):
			errs = append(errs, t.at("a threadgroup variable belongs into a kernel"))
		case t.text == "static" && unplaced(s.tokens, i):
			errs = append(errs, t.at("a static variable is constant"))
		}
	}
	errs = append(errs, lintScope(s.tokens)...)
	errs = append(errs, lintPointers(s.tokens)...)
	for _, f := range s.functions {
		errs = append(errs, lintParameters(f)...)
	}
	return errors.Join(errs...)
}

func (s *source) inKernel(i int) bool {
	return slices.ContainsFunc(s.functions, func(f function) bool { return f.body[0] < i && i < f.body[1] })
}

// lambda reports whether the [ at i begins an expression rather than an index or the extent of an array.
func lambda(t []token, i int) bool {
	if i == 0 {
		return false
	}
	p := t[i-1]
	return !(p.text == "]" || p.text == ")" || p.text == "]]" || p.text == ">" || p.word() && p.text != "return")
}

func derived(t []token, i int) bool {
	for k := i + 1; k < len(t); k++ {
		switch t[k].text {
		case ":":
			return true
		case "{", ";", ")", ",", ">", "*", "&":
			return false
		}
	}
	return false
}

// unplaced reports whether the declaration at i is of a variable, in no address space.
func unplaced(t []token, i int) bool {
	for k := i; k < len(t); k++ {
		switch t[k].text {
		case "constant", "(":
			return false
		case "=", ";", "{", "[":
			return true
		}
	}
	return false
}

// lintScope looks at what stands outside functions and types: a variable there is constant.
func lintScope(t []token) (errs []error) {
	for i := 0; i < len(t); i++ {
		begin, call, value := i, false, false
		for ; i < len(t) && t[i].text != ";"; i++ {
			brace := t[i].text == "{"
			call = call || t[i].text == "(" && !value
			value = value || t[i].text == "="
			if closers[t[i].text] != "" {
				i = closing(t, i)
			}
			if brace && !value && (i+1 >= len(t) || t[i+1].text != ";") {
				break // the end of a function, which has no semicolon
			}
		}
		statement := t[begin:min(i, len(t))]
		if len(statement) == 0 || call || slices.Contains([]string{"using", "typedef", "template", "struct", "class", "enum", "namespace"}, statement[0].text) {
			continue
		}
		if !slices.ContainsFunc(statement, func(x token) bool { return x.text == "constant" }) {
			errs = append(errs, statement[0].at("%s: a variable outside functions is constant", spell(statement)))
		}
	}
	return errs
}

var (
	addressSpaces = []string{"device", "constant", "threadgroup", "thread"}
	qualifiers    = append([]string{"const", "volatile", "static", "constexpr", "inline", "typename", "restrict", "::", "metal"}, addressSpaces...)
	builtinTypes  = regexp.MustCompile(`^(void|auto|size_t|ptrdiff_t|u?int(8|16|32|64)_t|(char|uchar|short|ushort|int|uint|long|ulong|half|float|bool|bfloat)[234]?|simdgroup_\w+8x8|vec|simdgroup_matrix)$`)
)

// lintPointers finds pointers and references that are in no address space, for which clang takes the thread's.
func lintPointers(t []token) (errs []error) {
	types := map[string]bool{}
	for i := 1; i < len(t); i++ {
		switch t[i-1].text {
		case "struct", "class", "typename", "using", "enum":
			types[t[i].text] = true
		case "typedef":
			for k := i; k < len(t) && t[k].text != ";"; k++ {
				if t[k].word() {
					types[t[i].text], types[t[k].text] = true, true
				}
			}
		}
	}
	for i := range t {
		if !types[t[i].text] && !builtinTypes.MatchString(t[i].text) || slices.Contains(qualifiers, t[i].text) {
			continue
		}
		k := i + 1
		if k < len(t) && t[k].text == "<" {
			k = angles(t, k) + 1
		}
		placed := false
		for p := i - 1; p >= 0 && slices.Contains(qualifiers, t[p].text); p-- {
			placed = placed || slices.Contains(addressSpaces, t[p].text)
		}
		for k > 0 && k < len(t) {
			for k < len(t) && slices.Contains(qualifiers, t[k].text) {
				placed = placed || slices.Contains(addressSpaces, t[k].text)
				k++
			}
			if k >= len(t) || t[k].text != "*" && t[k].text != "&" && t[k].text != "&&" {
				break
			}
			if !placed {
				errs = append(errs, t[i].at("%s %s: a pointer or reference without an address space", t[i].text, t[k].text))
				break
			}
			placed = false // a pointer to this pointer has its own
			k++
		}
	}
	return errs
}

// Metal has 31 buffers; of blocks of threadgroup memory the executor has 8.
const maxBuffers, maxMemories = 31, 8

func lintParameters(f function) (errs []error) {
	used := map[string]map[int]bool{"Buffer": {}, "Memory": {}}
	width := ""
	for _, p := range f.parameters {
		has := func(words ...string) bool {
			return slices.ContainsFunc(p.tokens, func(t token) bool { return slices.Contains(words, t.text) })
		}
		refuse := func(format string, a ...any) {
			errs = append(errs, f.name.at("%s: %q: "+format, append([]any{f.name.text, spell(p.tokens)}, a...)...))
		}
		switch p.kind {
		case "Buffer", "Memory":
			limit := map[string]int{"Buffer": maxBuffers, "Memory": maxMemories}[p.kind]
			if p.index < 0 || p.index >= limit {
				refuse("want an index below %d, found %d", limit, p.index)
			}
			if used[p.kind][p.index] {
				refuse("index %d is taken", p.index)
			}
			used[p.kind][p.index] = true
			if p.kind == "Buffer" && !has("device", "constant") || p.kind == "Memory" && !has("threadgroup") {
				refuse("the wrong address space")
			}
			continue
		}
		typ := p.tokens[max(0, len(p.tokens)-2)].text
		if !regexp.MustCompile(`^(uint|ushort)[23]?$`).MatchString(typ) {
			refuse("want uint or ushort, of up to three components")
		}
		if vector := slices.Contains(vectorKinds(), p.kind); vector {
			n := strings.TrimLeft(typ, "uinthsor")
			if width != "" && width != n+"." {
				refuse("positions and sizes of a kernel have the same number of components")
			}
			width = n + "."
		} else if strings.ContainsAny(typ, "23") {
			refuse("want one number")
		}
	}
	return errs
}

func vectorKinds() (list []string) {
	for _, k := range kinds {
		if k.vector {
			list = append(list, k.kind)
		}
	}
	return list
}
