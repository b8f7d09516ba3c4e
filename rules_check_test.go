package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const module = "sightglass"

// A tree is the committed files, in order of their paths.
type tree []file

type file struct {
	path string
	size int64
	text []byte    // nil where the file is large or not text
	ast  *ast.File // of Go files
	pos  *token.FileSet
}

// readTree reads everything that is not built or fetched.
func readTree(fsys fs.FS) (tree, error) {
	var t tree
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "__pycache__" || ignored(p)):
			return fs.SkipDir
		case !d.Type().IsRegular() || ignored(p):
			return nil
		}
		f, err := readFile(fsys, p, d)
		t = append(t, f)
		return err
	})
	return t, err
}

// ignored mirrors .gitignore.
func ignored(p string) bool {
	switch p {
	case "build/bin", "build/lib", "build/cache", "frontend/dist", "frontend/test-results", "frontend/playwright-report", module:
		return true
	}
	return strings.HasSuffix(p, ".test") || strings.HasSuffix(p, ".prof")
}

func readFile(fsys fs.FS, p string, d fs.DirEntry) (file, error) {
	info, err := d.Info()
	if err != nil {
		return file{}, err
	}
	f := file{path: p, size: info.Size()}
	if f.size > 1<<20 {
		return f, nil
	}
	text, err := fs.ReadFile(fsys, p)
	if err != nil || bytes.IndexByte(text, 0) >= 0 {
		return f, err
	}
	f.text = text
	if path.Ext(p) == ".go" {
		f.pos = token.NewFileSet()
		f.ast, err = parser.ParseFile(f.pos, p, text, parser.ParseComments)
	}
	return f, err
}

func (f file) dir() string  { return path.Dir(f.path) }
func (f file) test() bool   { return strings.HasSuffix(f.path, "_test.go") }
func (f file) lines() int   { return bytes.Count(f.text, []byte("\n")) }
func (f file) stem() string { return strings.TrimSuffix(path.Base(f.path), path.Ext(f.path)) }

func (f file) line(n ast.Node) int { return f.pos.Position(n.Pos()).Line }

// program yields the Go files that are part of the program: not tests.
func (t tree) program(yield func(file) bool) {
	for _, f := range t {
		if f.ast != nil && !f.test() && !yield(f) {
			return
		}
	}
}

func imports(f file) []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// within reports whether p is dir or lies in it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func checkLayers(t tree) (bad []string) {
	for f := range t.program {
		l, ok := layerOf(f.dir())
		if !ok {
			bad = append(bad, fmt.Sprintf("%s: the package stands in no layer: add it to the table", f.path))
			continue
		}
		for _, p := range imports(f) {
			target, ours := strings.CutPrefix(p, module+"/")
			if ours && !allows(l, target) {
				bad = append(bad, fmt.Sprintf("%s: %s may not import %s: %s", f.path, l.dir, target, l.why))
			}
		}
	}
	return bad
}

// layerOf finds the deepest layer of a folder. The roots "." and "engine" are themselves alone.
func layerOf(dir string) (found layer, ok bool) {
	for _, l := range layers {
		holds := dir == l.dir || l.dir != "." && l.dir != "engine" && within(dir, l.dir)
		if holds && len(l.dir) >= len(found.dir) {
			found, ok = l, true
		}
	}
	return found, ok
}

// allows reports whether a package of l may import target. The folders of one layer may import each other, but for
// families.
func allows(l layer, target string) bool {
	if within(target, l.dir) && l.dir != "engine" && l.dir != "engine/model" {
		return true
	}
	return slices.ContainsFunc(strings.Fields(l.may), func(m string) bool {
		parent, all := strings.CutSuffix(m, "/*")
		return m == "*" || m == target || all && within(target, parent)
	})
}

func checkOwners(t tree) (bad []string) {
	for f := range t.program {
		for _, p := range imports(f) {
			for _, o := range owners {
				owned := slices.ContainsFunc(strings.Fields(o.dirs), func(d string) bool { return within(f.dir(), d) })
				if within(p, o.path) && !owned {
					bad = append(bad, fmt.Sprintf("%s: only %s imports %s: %s", f.path, o.dirs, o.path, o.why))
				}
			}
		}
	}
	return bad
}

var environment = []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv", "UserHomeDir", "UserCacheDir", "UserConfigDir"}

func checkEnvironment(t tree) (bad []string) {
	for f := range t.program {
		osName := importedAs(f, "os")
		if within(f.dir(), "app") || osName == "" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(environment, s.Sel.Name) {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == osName {
					bad = append(bad, fmt.Sprintf("%s:%d: os.%s outside app/", f.path, f.line(s), s.Sel.Name))
				}
			}
			return true
		})
	}
	return bad
}

// importedAs is the name under which f imports a package of the standard library, or "".
func importedAs(f file, p string) string {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value != strconv.Quote(p) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(p)
	}
	return ""
}

func checkPackageComments(t tree) (bad []string) {
	var dirs []string
	comments := map[string]int{}
	for f := range t.program {
		if !slices.Contains(dirs, f.dir()) {
			dirs = append(dirs, f.dir())
		}
		if f.ast.Doc != nil {
			comments[f.dir()]++
		}
	}
	for _, dir := range dirs {
		if n := comments[dir]; n != 1 {
			bad = append(bad, fmt.Sprintf("%s: want one package comment, found %d", dir, n))
		}
	}
	return bad
}

// functions calls do with each function of f that has a body.
func functions(f file, do func(*ast.FuncDecl)) {
	for _, d := range f.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			do(fn)
		}
	}
}

func checkInit(t tree) (bad []string) {
	for f := range t.program {
		functions(f, func(fn *ast.FuncDecl) {
			if fn.Name.Name == "init" && fn.Recv == nil {
				bad = append(bad, fmt.Sprintf("%s:%d: func init", f.path, f.line(fn)))
			}
		})
	}
	return bad
}

func checkFunctionLength(t tree) (bad []string) {
	for f := range t.program {
		if ast.IsGenerated(f.ast) {
			continue
		}
		functions(f, func(fn *ast.FuncDecl) {
			lines := f.pos.Position(fn.End()).Line - f.line(fn) + 1
			if lines > 90 {
				bad = append(bad, fmt.Sprintf("%s:%d: %s has %d lines, want at most 90", f.path, f.line(fn), fn.Name.Name, lines))
			}
		})
	}
	return bad
}

func checkInterfaceSize(t tree) (bad []string) {
	for f := range t.program {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if i, ok := spec.Type.(*ast.InterfaceType); ok && i.Methods.NumFields() > 6 {
				bad = append(bad, fmt.Sprintf("%s:%d: interface %s has %d methods, want at most 6", f.path, f.line(spec), spec.Name.Name, i.Methods.NumFields()))
			}
			return true
		})
	}
	return bad
}

// limits are the lines that a file of hand-written source may have.
var limits = map[string]int{
	".go": 500, ".c": 500, ".h": 500, ".m": 500, ".metal": 500, ".py": 500, ".sh": 500, ".ts": 500, ".mjs": 500, ".css": 500, ".tsx": 250,
}

var generated = regexp.MustCompile(`(?m)^(//|/\*) Code generated .*DO NOT EDIT`)

func checkFileLength(t tree) (bad []string) {
	for _, f := range t {
		limit, source := limits[path.Ext(f.path)]
		if source && f.lines() > limit && !generated.Match(f.text) {
			bad = append(bad, fmt.Sprintf("%s: has %d lines, want at most %d", f.path, f.lines(), limit))
		}
	}
	return bad
}

var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared"}

func checkNames(t tree) (bad []string) {
	for _, f := range t {
		if _, source := limits[path.Ext(f.path)]; !source {
			continue
		}
		parts := append(strings.Split(f.dir(), "/"), f.stem())
		if i := slices.IndexFunc(parts, func(p string) bool { return slices.Contains(emptyNames, p) }); i >= 0 {
			bad = append(bad, fmt.Sprintf("%s: %q says nothing about what is inside", f.path, parts[i]))
		}
	}
	return bad
}

var looseEnd = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func checkLooseEnds(t tree) (bad []string) {
	for _, f := range t {
		if _, source := limits[path.Ext(f.path)]; source && f.path != "rules_check_test.go" {
			bad = append(bad, linesWith(f, looseEnd)...)
		}
	}
	return bad
}

func linesWith(f file, pattern *regexp.Regexp) (found []string) {
	for _, at := range pattern.FindAllIndex(f.text, -1) {
		line := 1 + bytes.Count(f.text[:at[1]-1], []byte("\n"))
		found = append(found, fmt.Sprintf("%s:%d: %q", f.path, line, strings.TrimSpace(string(f.text[at[0]:at[1]]))))
	}
	return found
}

var includedKernel = regexp.MustCompile(`(?m)^#include "(\w+)\.metal"$`)

// checkKernelStems asks for an op to each kernel file. The other C files there choose and run kernels: a kernel's own
// code stands under SG_ISA, because it is compiled once an instruction set.
func checkKernelStems(t tree) (bad []string) {
	ops := map[string]bool{}
	for f := range t.program {
		if f.dir() == "engine/op" {
			ops[f.stem()] = true
		}
	}
	included := map[string]bool{}
	for _, f := range t {
		if f.dir() == "metal/kernels" {
			for _, m := range includedKernel.FindAllSubmatch(f.text, -1) {
				included[string(m[1])] = true
			}
		}
	}
	for _, f := range t {
		c := f.dir() == "engine/cpu/kernels" && path.Ext(f.path) == ".c" && bytes.Contains(f.text, []byte("#ifdef SG_ISA"))
		metal := f.dir() == "metal/kernels" && path.Ext(f.path) == ".metal"
		shared := metal && (f.stem() == "prelude" || included[f.stem()]) // what .metal files begin with
		if (c || metal) && !ops[f.stem()] && !shared {
			bad = append(bad, fmt.Sprintf("%s: there is no engine/op/%s.go", f.path, f.stem()))
		}
	}
	return bad
}

// checkMetalKernels asks for a kernel file to each op: graph.Define enters an op, and one with Expand or View needs no kernel. That its
// kernels' names and arguments are the op's own is tested in metal/proof.
func checkMetalKernels(t tree) (bad []string) {
	kernels := map[string]bool{}
	for _, f := range t {
		if f.dir() == "metal/kernels" {
			kernels[f.stem()] = true
		}
	}
	for f := range t.program {
		if f.dir() != "engine/op" || kernels[f.stem()] || !bytes.Contains(f.text, []byte("\nvar _ = graph.Define(")) {
			continue
		}
		without := func(d ast.Decl) bool {
			fn, ok := d.(*ast.FuncDecl)
			return ok && fn.Recv != nil && (fn.Name.Name == "Expand" || fn.Name.Name == "View")
		}
		if !slices.ContainsFunc(f.ast.Decls, without) {
			bad = append(bad, fmt.Sprintf("%s: there is no metal/kernels/%s.metal, and the op has no Expand", f.path, f.stem()))
		}
	}
	return bad
}

const mb = 1 << 20

func checkSizes(t tree) (bad []string) {
	testdata := map[string]int64{}
	var builtin int64
	for _, f := range t {
		limit := int64(4 * mb)
		dir, _, inTestdata := strings.Cut(f.path, "/testdata/")
		switch {
		case within(f.path, "engine/builtin"):
			builtin += f.size
			limit = 95e6
		case inTestdata:
			testdata[dir+"/testdata"] += f.size
			continue
		}
		if f.size > limit {
			bad = append(bad, fmt.Sprintf("%s: has %d bytes, want at most %d", f.path, f.size, limit))
		}
	}
	for dir, size := range testdata {
		if size > 2*mb {
			bad = append(bad, fmt.Sprintf("%s: has %d bytes, want at most %d", dir, size, 2*mb))
		}
	}
	if builtin > 150e6 {
		bad = append(bad, fmt.Sprintf("engine/builtin: has %d bytes, want at most 150 MB", builtin))
	}
	slices.Sort(bad)
	return bad
}

// machineNames are hosts of package registries inside an address, and folders of the machines this was written on.
var machineNames = regexp.MustCompile(`//[\w.-]*(pypi|pythonhosted|npmjs|debian|golang|crates)\.(org|io)/|(?m:^|[\s"'=:(` + "`" + `])/(work|root|home/\w+)(/|$|["' ])`)

func checkMachineNames(t tree) (bad []string) {
	for _, f := range t {
		bad = append(bad, linesWith(f, machineNames)...)
	}
	return bad
}

var earlyClose = regexp.MustCompile(`[^|]\| *grep -\w*q`)

func checkEarlyClose(t tree) (bad []string) {
	for _, f := range t {
		if strings.HasSuffix(f.path, ".sh") {
			bad = append(bad, linesWith(f, earlyClose)...)
		}
	}
	return bad
}
