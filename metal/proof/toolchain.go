package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// What is kept depends on what refused or changed it, so that this code is part of its name.
//
//go:embed include runtime run.h lex.go parse.go translate.go lint.go lint_ir.go toolchain.go
var files embed.FS

// ErrNoCompiler is what NewToolchain returns where kernels cannot be compiled.
var ErrNoCompiler = errors.New("proof: want clang++-19 and linux on amd64: run build/setup/setup.sh proof")

// Build is how a kernel is compiled.
type Build string

const (
	Fast  Build = "fast"  // no checks, fast arithmetic
	Check Build = "check" // every access to memory is judged
)

// Toolchain compiles kernels. What it made it keeps, so that the same text is compiled once.
type Toolchain struct {
	clang, cache string
	shim         string // where our files lie for clang to read
	hash         string // of our files and of clang
}

// NewToolchain keeps its results in the folder cache, which may be shared and deleted.
func NewToolchain(cache string) (*Toolchain, error) {
	clang, err := exec.LookPath("clang++-19")
	if err != nil || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil, ErrNoCompiler
	}
	h := sha256.New()
	err = eachFile(func(name string, data []byte) error {
		fmt.Fprintf(h, "%s %d\n%s", name, len(data), data)
		return nil
	})
	if err != nil {
		return nil, err
	}
	fmt.Fprint(h, flags(Fast), flags(Check))
	t := &Toolchain{clang: clang, cache: cache, hash: hex.EncodeToString(h.Sum(nil))[:16]}
	t.shim = filepath.Join(cache, t.hash)
	if _, err := os.Stat(t.shim); err == nil {
		return t, nil
	}
	return t, t.install()
}

func eachFile(f func(name string, data []byte) error) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		return f(name, data)
	})
}

// install writes our files to the cache and compiles the runtime. Others may do so at the same time.
func (t *Toolchain) install() error {
	if err := os.MkdirAll(t.cache, 0o755); err != nil {
		return err
	}
	t.forget()
	dir, err := os.MkdirTemp(t.cache, "new")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	err = eachFile(func(name string, data []byte) error {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return err
		}
		return os.WriteFile(p, data, 0o644)
	})
	if err != nil {
		return err
	}
	for object, args := range map[string]string{"fast.o": "runtime/executor.cpp", "check.o": "-DSGP_CHECK runtime/executor.cpp", "checker.o": "-DSGP_CHECK runtime/checker.cpp"} {
		args := append([]string{"-std=c++17", "-O2", "-march=x86-64-v3", "-fPIC", "-fvisibility=hidden", "-c", "-o", object}, strings.Fields(args)...)
		if _, err := t.run(context.Background(), dir, nil, args...); err != nil {
			return err
		}
	}
	if err := os.Rename(dir, t.shim); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// forget removes what other versions of our files left here, once it is old.
func (t *Toolchain) forget() {
	entries, _ := os.ReadDir(t.cache)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && versions.MatchString(e.Name()) && time.Since(info.ModTime()) > 14*24*time.Hour {
			os.RemoveAll(filepath.Join(t.cache, e.Name()))
		}
	}
}

var versions = regexp.MustCompile(`^([0-9a-f]{16}|new[0-9]+)$`)

func (t *Toolchain) run(ctx context.Context, dir string, stdin []byte, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, t.clang, args...)
	c.Dir = dir
	c.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("proof: clang: %w\n%s", err, firstErrors(stderr.String()))
	}
	return out, nil
}

// firstErrors keeps what one can read of clang's messages.
func firstErrors(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if len(lines) > 40 {
		lines = append(lines[:40], "...")
	}
	return strings.Join(lines, "\n")
}

var include = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]*<metal_\w+>[^\n]*`)

// File is one part of a kernel's source.
type File struct{ Name, Text string }

// newest is the version of Metal that kernels are compiled for, as __METAL_VERSION__ says it: 3.1, which has bfloat.
const newest = 310

// preprocess joins the files and expands macros.
func (t *Toolchain) preprocess(ctx context.Context, files []File) (*source, error) {
	return t.preprocessFor(ctx, newest, files)
}

func (t *Toolchain) preprocessFor(ctx context.Context, version int, files []File) (*source, error) {
	var text strings.Builder
	for _, f := range files {
		fmt.Fprintf(&text, "#line 1 %q\n%s\n", f.Name, include.ReplaceAllString(f.Text, ""))
	}
	out, err := t.run(ctx, t.shim, []byte(text.String()), "-E", "-x", "c++", "-std=c++14", "-nostdinc", fmt.Sprint("-D__METAL_VERSION__=", version), "-")
	if err != nil {
		return nil, err
	}
	return parse(string(out))
}

func flags(b Build) []string {
	common := []string{"-O2", "-march=x86-64-v3", "-fPIC", "-fvisibility=hidden", "-fno-stack-protector", "-Wno-override-module"}
	if b == Fast {
		return append(common, "-ffast-math")
	}
	common[0] = "-O1"
	return append(common, "-ffp-contract=off", "-fsanitize=thread", "-fno-vectorize", "-fno-slp-vectorize", "-mllvm", "-tsan-instrument-func-entry-exit=0",
		"-mllvm", "-tsan-instrument-read-before-write=1")
}

// frontend are the flags that turn our C++ into LLVM's language, unoptimized and with Metal's address spaces still in it.
var frontend = strings.Fields(`-x c++ -std=c++14 -ffreestanding -nostdinc -isystem include -fconvergent-functions -fno-exceptions -fno-rtti
	-fno-threadsafe-statics -Xclang -ffloat16-excess-precision=none -Xclang -fbfloat16-excess-precision=none -Wno-unknown-attributes -Wno-ignored-attributes
	-Wno-user-defined-literals -Wno-duplicate-decl-specifier -Wno-nan-infinity-disabled -Werror=vla-extension -Werror=c++17-extensions -Werror=c++20-extensions
	-Werror=implicit-float-conversion -Werror=return-type -Werror=uninitialized -Werror=sometimes-uninitialized
	-Xclang -disable-llvm-passes -S -emit-llvm -o - -`)

// Compile makes a library of the kernels in files, which are read as one text, and returns its path.
func (t *Toolchain) Compile(ctx context.Context, b Build, files ...File) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s", t.hash, b)
	for _, f := range files {
		fmt.Fprintf(h, "%q %q\n", f.Name, f.Text)
	}
	path := filepath.Join(t.shim, hex.EncodeToString(h.Sum(nil))[:24]+".so")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	part, err := os.CreateTemp(t.shim, "*.part")
	if err != nil {
		return "", err
	}
	defer os.Remove(part.Name())
	part.Close()
	ir, err := t.IR(ctx, b, nil, files...)
	if err != nil {
		return "", err
	}
	if err := t.Link(ctx, b, ir, part.Name()); err != nil {
		return "", err
	}
	return path, os.Rename(part.Name(), path)
}

// Text is the C++ that clang compiles for the files, of those kernels alone that keep names, or all if it is nil.
func (t *Toolchain) Text(ctx context.Context, keep func(kernel string) bool, files ...File) (string, error) {
	s, err := t.preprocess(ctx, files)
	if err != nil {
		return "", err
	}
	if err := lint(s); err != nil {
		return "", err
	}
	if keep != nil {
		s.keep(keep)
	}
	return translate(s), nil
}

// IR is Text in LLVM's language, unoptimized and with Metal's address spaces.
func (t *Toolchain) IR(ctx context.Context, b Build, keep func(kernel string) bool, files ...File) (string, error) {
	text, err := t.Text(ctx, keep, files...)
	if err != nil {
		return "", err
	}
	args := append(flags(b), frontend...)
	if b == Check {
		args = append(args, "-ftrivial-auto-var-init=pattern")
	}
	out, err := t.run(ctx, t.shim, []byte(text), args...)
	if err != nil {
		return "", err
	}
	return string(out), lintIR(string(out))
}

// Link makes a library of what IR returned, at path.
func (t *Toolchain) Link(ctx context.Context, b Build, ir, path string) error {
	args := append(flags(b), "-shared", "-fuse-ld=lld", "--rtlib=compiler-rt", "-x", "ir", "-", "-x", "none")
	// The runtime of -fsanitize=thread is ours.
	args = append(args, map[Build][]string{Fast: {"fast.o"}, Check: {"-fno-sanitize-link-runtime", "check.o", "checker.o"}}[b]...)
	_, err := t.run(ctx, t.shim, flatten([]byte(ir)), append(args, "-lm", "-o", path)...)
	return err
}

var (
	groupVariable = regexp.MustCompile(`(?m)^@([\w.$]+) = (.* addrspace\(3\) global )([^\n]*?)( undef)?(, comdat)?(, align \d+)$`)
	spaceCast     = regexp.MustCompile(`\baddrspacecast\b`)
	spaces        = regexp.MustCompile(` addrspace\(\d+\)`)
	lastName      = regexp.MustCompile(`E\d+([A-Za-z_]\w*?)(_\d*)?$`)
)

// flatten takes the address spaces out of LLVM's text: this processor has one. Threadgroup variables are listed for the checker, and held
// apart, so that what runs over the end of one does not reach another.
func flatten(ir []byte) []byte {
	var list bytes.Buffer
	n := 0
	sizes := groupSizes(string(ir))
	ir = groupVariable.ReplaceAllFunc(ir, func(line []byte) []byte {
		m := groupVariable.FindSubmatch(line)
		name := string(m[1])
		short := name
		if l := lastName.FindStringSubmatch(name); l != nil {
			short = l[1]
		}
		size := sizes[name]
		fmt.Fprintf(&list, "  { ptr, i64, ptr } { ptr @%s, i64 %d, ptr @sgp_name_%d },\n", name, size.bytes, n)
		linkage := bytes.Replace(m[2], []byte("linkonce_odr"), []byte("weak_odr"), 1)
		// After the gap no variable is more aligned than its type asks for.
		text := fmt.Sprintf(`@sgp_gap_%d = weak_odr hidden global [%d x i8] zeroinitializer, section "sgp_group", align 16
@%s = %s%s zeroinitializer, section "sgp_group", align %d
@sgp_name_%d = internal constant [%d x i8] c"%s\00"`, n, 4096+size.align%16, name, linkage, m[3], size.align, n, len(short)+1, short)
		n++
		return []byte(text)
	})
	ir = spaces.ReplaceAll(spaceCast.ReplaceAll(ir, []byte("bitcast")), nil)
	table := fmt.Sprintf("\n@sgp_variables = hidden constant [%d x { ptr, i64, ptr }] [\n%s  { ptr, i64, ptr } zeroinitializer\n]\n", n+1, list.String())
	return append(ir, table...)
}
