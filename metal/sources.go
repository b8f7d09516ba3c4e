package metal

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed kernels/*.metal
var files embed.FS

// What several kernel files share: prelude stands before each of them, and others before those that include them.
var shared = []string{"prelude", "packed", "rotation"}

// include is a line by which a kernel file asks for shared text. Metal compiles what it is given, and finds no files.
var include = regexp.MustCompile(`(?m)^#include "(\w+)\.metal"$`)

// Part is a file of a source.
type Part struct{ Name, Text string }

// Source is the whole text of a kernel file: the prelude, what the file includes, then the file. It is "" where no such file is.
func Source(stem string) string {
	return source(files, stem)
}

// Parts are the files that Source joins, nil where no such file is.
func Parts(stem string) []Part { return parts(files, stem) }

func source(files fs.FS, stem string) string {
	var out strings.Builder
	for i, p := range parts(files, stem) {
		if i > 0 {
			fmt.Fprintf(&out, "\n#line 1 %q\n", p.Name)
		}
		out.WriteString(p.Text)
	}
	return out.String()
}

func parts(files fs.FS, stem string) []Part {
	file := read(files, stem)
	if file == nil || slices.Contains(shared, stem) {
		return nil
	}
	list := read(files, "prelude")
	for _, m := range include.FindAllStringSubmatch(file[0].Text, -1) {
		list = append(list, read(files, m[1])...)
	}
	file[0].Text = include.ReplaceAllString(file[0].Text, "")
	return append(list, file...)
}

// read is one file, or none.
func read(files fs.FS, stem string) []Part {
	text, err := fs.ReadFile(files, path.Join("kernels", stem+".metal"))
	if err != nil {
		return nil
	}
	return []Part{{stem + ".metal", string(text)}}
}

// Stems lists the kernel files by name, which is that of their op.
func Stems() []string { return stems(files) }

func stems(files fs.FS) []string {
	names, _ := fs.Glob(files, "kernels/*.metal")
	var list []string
	for _, n := range names {
		if stem := strings.TrimSuffix(path.Base(n), ".metal"); !slices.Contains(shared, stem) {
			list = append(list, stem)
		}
	}
	return list
}

// stemOf is the kernel file that a kernel is in: the longest stem that its name begins with. It is "" where there is none.
func stemOf(stems []string, kernel string) string {
	best := ""
	for _, s := range stems {
		if len(s) > len(best) && (kernel == s || strings.HasPrefix(kernel, s+"_")) {
			best = s
		}
	}
	return best
}
