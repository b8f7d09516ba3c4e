package metal

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed kernels/*.metal
var files embed.FS

// prelude is the stem of the text that stands before each kernel file.
const prelude = "prelude"

// Source is the whole text of a kernel file: the prelude, then the file. It is "" where no such file is.
func Source(stem string) string {
	return source(files, stem)
}

func source(files fs.FS, stem string) string {
	text, err := fs.ReadFile(files, path.Join("kernels", stem+".metal"))
	if err != nil || stem == prelude {
		return ""
	}
	before, err := fs.ReadFile(files, path.Join("kernels", prelude+".metal"))
	if err != nil {
		return string(text)
	}
	return string(before) + "\n#line 1 \"" + stem + ".metal\"\n" + string(text)
}

// Stems lists the kernel files by name, which is that of their op.
func Stems() []string { return stems(files) }

func stems(files fs.FS) []string {
	names, _ := fs.Glob(files, "kernels/*.metal")
	var list []string
	for _, n := range names {
		if stem := strings.TrimSuffix(path.Base(n), ".metal"); stem != prelude {
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
