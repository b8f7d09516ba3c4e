package proof

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// translate writes the C++ that clang compiles. The source is changed in these ways only: attributes go; a threadgroup variable becomes a
// static one in an address space of its own; a vector's constructor becomes a call, for clang has none; and a table of kernels is added.
func translate(s *source) string {
	var out strings.Builder
	out.WriteString("#include <metal_stdlib>\n")
	last := 0
	replace := func(from, to int, by string) {
		out.WriteString(s.text[last:from])
		out.WriteString(by)
		last = to
	}
	t := s.tokens
	for i := 0; i < len(t); i++ {
		if end, dropped := s.dropped[t[i].start]; dropped {
			replace(t[i].start, end, "")
			for i+1 < len(t) && t[i+1].start < end {
				i++
			}
			continue
		}
		switch {
		case t[i].text == "[[":
			end := min(closing(t, i), len(t)-1)
			replace(t[i].start, t[end].end(), strings.Repeat("\n", strings.Count(s.text[t[i].start:t[end].end()], "\n")))
			i = end
		case t[i].text == "threadgroup" && variable(t, i):
			replace(t[i].start, t[i].end(), "SGP_GROUP")
		case constructor(t, i) > 0:
			replace(t[i].start, t[i].start, "sgp::make<")
			end := constructor(t, i) - 1
			replace(t[end].end(), t[end].end(), ">")
		}
	}
	out.WriteString(s.text[last:])
	out.WriteString("\n#include \"sgp/entry.h\"\n")
	var table []string
	for _, n := range s.instances {
		f := s.functions[slices.IndexFunc(s.functions, func(f function) bool { return f.name.text == n.base })]
		var binds []string
		buffers, memories := 0, 0
		for _, p := range f.parameters {
			binds = append(binds, fmt.Sprintf("{sgp::%s, %d}", p.kind, p.index))
			switch p.kind {
			case "Buffer":
				buffers = max(buffers, p.index+1)
			case "Memory":
				memories = max(memories, p.index+1)
			}
		}
		fmt.Fprintf(&out, "constexpr sgp::Bind sgp_bind_%s[] = {%s};\nSGP_ENTRY(%s, (%s))\n", n.name, strings.Join(binds, ", "), n.name, n.function)
		table = append(table, fmt.Sprintf("{%q, &sgp_run_%s, %d, %d}, ", n.name, n.name, buffers, memories))
	}
	fmt.Fprintf(&out, "SGP_TABLE(%s)\n", strings.Join(table, ""))
	return out.String()
}

// variable reports whether the word threadgroup at i begins the declaration of a variable: a statement without a pointer.
func variable(t []token, i int) bool {
	if i > 0 && !slices.Contains([]string{";", "{", "}", ")", ">"}, t[i-1].text) {
		return false
	}
	for k := i + 1; k < len(t); k++ {
		switch t[k].text {
		case ";":
			return true
		case "alignas":
			k = closing(t, k+1)
		case "<":
			k = max(k, angles(t, k))
		case "[":
			k = closing(t, k)
		case "*", "&", "(", ")", "{", "}", "=":
			return false
		}
	}
	return false
}

var vectors = regexp.MustCompile(`^(char|uchar|short|ushort|int|uint|long|ulong|half|float|bool|bfloat)[234]$`)

// constructor is the index of the bracket with the components, where a vector is made at i, or 0.
func constructor(t []token, i int) int {
	k := i + 1
	switch {
	case vectors.MatchString(t[i].text):
	case t[i].text == "vec" && k < len(t) && t[k].text == "<":
		k = angles(t, k) + 1
	default:
		return 0
	}
	if k > 0 && k < len(t) && t[k].text == "(" {
		return k
	}
	return 0
}
