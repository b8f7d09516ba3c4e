package proof

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxMemory is the threadgroup memory that every Apple GPU since the A7 has for a threadgroup, in bytes.
const maxMemory = 32 << 10

var (
	definition  = regexp.MustCompile(`^define [^@]*@("[^"]*"|[\w.$]+)\(`)
	directCall  = regexp.MustCompile(`\b(?:call|invoke)\b[^@%]*(?:%[\w."]+)?[^@%(]*@("[^"]*"|[\w.$]+)\(`)
	pointerCall = regexp.MustCompile(`\bcall\b[^@%"]*\s%[\w.]+\(`)
	fromNumber  = regexp.MustCompile(`= inttoptr `)
	global      = regexp.MustCompile(`^@("[^"]*"|[\w.$]+) = (.*\b(?:global|constant)\b.*)$`)
	groupGlobal = regexp.MustCompile(`addrspace\(3\) global (.*?)(?: undef| poison| zeroinitializer)?(?:, comdat)?, align \d+`)
	groupUse    = regexp.MustCompile(`@(_ZZ[\w.$]+)`)
	oursLocal   = regexp.MustCompile(`^_ZL\d+sgp_`)
	structType  = regexp.MustCompile(`^(%(?:"[^"]*"|[\w.:]+)) = type (.*)$`)
)

// lintIR refuses what shows only once clang has read a kernel with its own address spaces: ir is LLVM's text before any optimization.
func lintIR(ir string) error {
	var errs []error
	calls := map[string][]string{}
	sizes := groupSizes(ir)
	used := map[string]map[string]bool{}
	current := ""
	for line := range strings.Lines(ir) {
		line = strings.TrimSuffix(line, "\n")
		if m := global.FindStringSubmatch(line); m != nil {
			if groupGlobal.MatchString(m[2]) {
				if sizes[m[1]].bytes == 0 {
					errs = append(errs, fmt.Errorf("proof: threadgroup variable %s: the size of %q is not known", m[1], m[2]))
				}
			} else if !ours(m[1]) && !strings.Contains(m[2], "addrspace(2)") && !strings.HasPrefix(m[1], "__const.") && !strings.HasPrefix(m[1], ".str") {
				errs = append(errs, fmt.Errorf("proof: %s: a variable that lasts is constant", m[1]))
			}
		}
		if m := definition.FindStringSubmatch(line); m != nil {
			current = m[1]
			used[current] = map[string]bool{}
			continue
		}
		if line == "}" {
			current = ""
		}
		if current == "" || ours(current) {
			continue
		}
		switch {
		case strings.Contains(line, "addrspacecast"):
			errs = append(errs, fmt.Errorf("proof: %s: a pointer changes its address space", current))
		case fromNumber.MatchString(line):
			errs = append(errs, fmt.Errorf("proof: %s: a pointer is made of a number", current))
		case pointerCall.MatchString(line):
			errs = append(errs, fmt.Errorf("proof: %s: a call through a pointer to a function", current))
		}
		if m := directCall.FindStringSubmatch(line); m != nil {
			calls[current] = append(calls[current], m[1])
		}
		for _, m := range groupUse.FindAllStringSubmatch(line, -1) {
			used[current][m[1]] = true
		}
	}
	for f := range calls {
		if reaches(calls, f, f, map[string]bool{}) {
			errs = append(errs, fmt.Errorf("proof: %s: recursion", f))
		}
	}
	for f, names := range used {
		total := 0
		for n := range names {
			total += sizes[n].bytes
		}
		if total > maxMemory {
			errs = append(errs, fmt.Errorf("proof: %s: want at most %d bytes of threadgroup memory, found %d", f, maxMemory, total))
		}
	}
	return errors.Join(errs...)
}

// groupSizes are the sizes of threadgroup variables.
func groupSizes(ir string) map[string]size {
	sizes, structs := map[string]size{}, map[string]string{}
	for line := range strings.Lines(ir) {
		line = strings.TrimSuffix(line, "\n")
		if m := structType.FindStringSubmatch(line); m != nil {
			structs[m[1]] = m[2]
		}
		if m := global.FindStringSubmatch(line); m != nil {
			if g := groupGlobal.FindStringSubmatch(m[2]); g != nil {
				sizes[m[1]] = sizeOf(g[1], structs)
			}
		}
	}
	return sizes
}

// ours reports whether a name belongs to the shim, which does what kernels may not.
func ours(name string) bool {
	return strings.HasPrefix(name, "sgp_") || strings.HasPrefix(name, "_ZN3sgp") || strings.HasPrefix(name, "_ZNK3sgp") || oursLocal.MatchString(name) ||
		strings.HasPrefix(name, "llvm.")
}

func reaches(calls map[string][]string, from, to string, seen map[string]bool) bool {
	for _, c := range calls[from] {
		if c == to {
			return true
		}
		if !seen[c] {
			seen[c] = true
			if reaches(calls, c, to, seen) {
				return true
			}
		}
	}
	return false
}

var (
	scalarBytes = map[string]int{"i1": 1, "i8": 1, "i16": 2, "half": 2, "bfloat": 2, "i32": 4, "float": 4, "i64": 8, "ptr": 8}
	arrayType   = regexp.MustCompile(`^[\[<](\d+) x (.*)[\]>]$`)
)

// size is that of a type, in bytes.
type size struct{ bytes, align int }

// sizeOf is the size of a type in LLVM's language; 0 where it is not known.
func sizeOf(typ string, structs map[string]string) size {
	typ = strings.TrimSpace(typ)
	if n, ok := scalarBytes[typ]; ok {
		return size{n, n}
	}
	if m := arrayType.FindStringSubmatch(typ); m != nil {
		n, _ := strconv.Atoi(m[1])
		of := sizeOf(m[2], structs)
		if typ[0] != '<' {
			return size{n * of.bytes, of.align}
		}
		whole := max(1, of.align)
		for whole < n*of.bytes { // a vector is aligned as a whole, and one of three is as large as one of four
			whole *= 2
		}
		return size{whole, whole}
	}
	body, ok := structs[typ]
	if !ok {
		body = typ
	}
	if !strings.HasPrefix(body, "{ ") {
		return size{0, 1}
	}
	all := size{0, 1}
	for _, field := range fields(body[2 : len(body)-2]) {
		of := sizeOf(field, structs)
		if of.bytes == 0 {
			return size{0, 1}
		}
		all.bytes = (all.bytes+of.align-1)/of.align*of.align + of.bytes
		all.align = max(all.align, of.align)
	}
	all.bytes = (all.bytes + all.align - 1) / all.align * all.align
	return all
}

// fields cuts the fields of a struct at the commas outside brackets.
func fields(s string) (list []string) {
	depth, last := 0, 0
	for i, c := range s {
		switch c {
		case '[', '{', '<':
			depth++
		case ']', '}', '>':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, s[last:i])
				last = i + 1
			}
		}
	}
	return append(list, s[last:])
}
