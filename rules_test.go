package main

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// layer says what the packages of a folder may import of this module. Every package stands in exactly one, the deepest.
type layer struct {
	dir string
	may string // folders, or "*"
	why string
}

const (
	belowNN    = "engine/op engine/graph engine/device engine/tensor"
	belowModel = "engine/nn " + belowNN
	blocks     = "engine/model engine/model/clip engine/model/siglip engine/model/llama engine/model/qwen engine/model/gemma engine/model/pixtral"
	inputs     = "engine/image engine/token engine/chat engine/weights"
)

var layers = []layer{
	{"engine/tensor", "", "element types and shapes stand on nothing, so that everything can stand on them"},
	{"engine/device", "engine/tensor", "what a backend is must not depend on what is computed"},
	{"engine/graph", "engine/device engine/tensor", "planning knows ops as values, not by name"},
	{"engine/op", "engine/graph engine/device engine/tensor", "an op is one declaration; layers use ops, never the other way round"},
	{"engine/nn", belowNN, "layers serve every model and know none"},
	{"engine/cpu", "engine/cpu/kernels engine/device engine/tensor", "a backend runs kernels by name; knowing ops would make each op's file edit every backend"},
	{"metal", "engine/device engine/tensor", "a backend runs kernels by name; knowing ops would make each op's file edit every backend"},
	{"metal/cases", belowNN, "the cases of ops judge a backend from outside; only checks import it"},
	{"metal/proof/cuda/gpucheck", "engine engine/* metal metal/*", "a check on a machine of its own runs the whole engine; nothing imports it"},
	{"engine/weights", "engine/graph engine/device engine/tensor", "files of weights are read without knowing a model"},
	{"engine/image", "", "pictures are decoded without an engine, so that the app can check one before any model is there"},
	{"engine/token", "", "text is cut into tokens without an engine"},
	{"engine/chat", "engine/token", "templates make text and tokens, nothing more"},
	{"engine/model", blocks + " " + belowModel + " " + inputs, "a family stands on shared blocks; on another family it would break with it"},
	{"engine/families", "engine/model/*", "the list of families, and nothing else, names them all"},
	{"engine/generate", "engine/model " + belowModel, "decoding works for every family alike"},
	{"engine/train", "engine/model engine/adapter engine/weights engine/image " + belowModel, "training works for every family alike"},
	{"engine/adapter", "engine/weights " + belowModel, "an adapter changes layers of any model"},
	{"engine/builtin", "", "the built-in model is data"},
	{"engine", "engine/*", "the engine runs without the app, and on any backend that it is handed"},
	{"build/eval", "engine engine/*", "the evaluation asks the engine as the app does; nothing imports it"},
	{"build/window/statusbar", "", "a stand-in for a desktop's bar in tests"},
	{"app/store", "", "what is stored outlives every change of the engine"},
	{"app/example", "engine/train/dataset", "pictures are drawn without an engine"},
	{"app/tuner", "app/store engine engine/*", "the command and the window train alike"},
	{"app/hub", "", "folders of models are managed without opening one"},
	{"app/release", "", "asking for a newer version touches nothing else"},
	{"app/models", "app/hub engine engine/*", "which models there are, and what each can do, is known without a window"},
	{"app/shell", "", "the native half shows and captures; it does not decide"},
	{"app/window", "app/shell", "the window shows any handler, where the native half says"},
	{"app/api", "app/store app/example app/tuner app/hub app/models app/release app/shell engine engine/*", "one handler for the window, browsers and tests; how it is shown is not its business"},
	{"app/cli", "*", "the command puts the parts together"},
	{"frontend", "", "the built pages are data"},
	{".", "app/cli app/window app/shell", "main only starts the command"},
}

// owner says which folders alone may import a dependency.
type owner struct {
	path, dirs, why string
}

var owners = []owner{
	{"go.etcd.io/bbolt", "app/store", "one place knows how chats lie on disk"},
	{"github.com/wailsapp/wails", "app/window", "everything else builds and is tested without a window toolkit"},
	{"github.com/progrium/darwinkit", "metal app/shell", "Objective-C stays behind two small interfaces"},
	{"github.com/daulet/tokenizers", "engine/token", "its library must be linked, and its traps known, in one place"},
	{"github.com/nikolalohinski/gonja", "engine/chat", "templates are hostile: one place holds them in a sandbox"},
	{"github.com/nlpodyssey/safetensors", "engine/weights", "one place reads files of weights"},
	{"github.com/parquet-go/parquet-go", "engine/train/dataset", "files of data come from anywhere: one place bounds them before the library reads"},
	{"github.com/zalando/go-keyring", "app/hub", "one place holds the token"},
	{"github.com/spf13/cobra", "app/cli", "arguments are read in one place"},
	{"log/slog", "app", "the engine returns errors; only the app knows where a log goes"},
}

// rule is one check of the whole tree. It returns a sentence for each violation, beginning with the file's name.
type rule struct {
	name, why string
	check     func(t tree) []string
}

var rules = []rule{
	{"layers", "imports point down, so that a part can be read and tested without what stands on it", checkLayers},
	{"owners", "a dependency that one package owns can be replaced in one package", checkOwners},
	{"environment", "what a run depends on is visible in its arguments: only app/ reads the environment", checkEnvironment},
	{"package comments", "every package says what it is, once", checkPackageComments},
	{"no init", "what happens at start is written in main, in order", checkInit},
	{"file length", "a file can be read in one sitting: 500 lines, 250 of .tsx", checkFileLength},
	{"function length", "a function does one thing: about 60 lines, at most 90", checkFunctionLength},
	{"interface size", "a fake of an interface is short: about 5 methods, at most 6", checkInterfaceSize},
	{"names", "a name says what is inside; utils and common say nothing", checkNames},
	{"no loose ends", "what is left to do is an issue, not a comment", checkLooseEnds},
	{"kernel stems", "an op has one stem everywhere: op/<op>.go, kernels/<op>.c, kernels/<op>.metal", checkKernelStems},
	{"metal kernels", "every op runs on a GPU, as one kernel or as the ops that it expands to", checkMetalKernels},
	{"testdata size", "a clone is quick: 2 MB of testdata a package, 150 MB of built-in model in files under 95 MB", checkSizes},
	{"no early close", "grep -q closes a pipe at its first match, and a command with more to say fails now and then: prints of env.sh", checkEarlyClose},
	{"no machine names", "a clone works on any machine: no registry hosts, no paths of ours", checkMachineNames},
}

func TestRules(t *testing.T) {
	files, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, violation := range r.check(files) {
				t.Error(violation)
			}
			if t.Failed() {
				t.Log("the rule:", r.why)
			}
		})
	}
}

// Each rule must refuse what breaks it, and accept what comes close.
func TestRulesRefuseViolations(t *testing.T) {
	for _, c := range planted {
		t.Run(c.rule+": "+c.what, func(t *testing.T) {
			files, err := readTree(c.files)
			if err != nil {
				t.Fatal(err)
			}
			got := find(t, c.rule).check(files)
			if c.want == "" {
				if len(got) != 0 {
					t.Errorf("got %q, want no violation", got)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one violation with %q", got, c.want)
			}
		})
	}
	for _, r := range rules {
		if !refused(r.name) {
			t.Errorf("no planted violation of %q", r.name)
		}
	}
}

func find(t *testing.T, name string) rule {
	for _, r := range rules {
		if r.name == name {
			return r
		}
	}
	t.Fatalf("no rule %q", name)
	return rule{}
}

func refused(name string) bool {
	for _, c := range planted {
		if c.rule == name && c.want != "" {
			return true
		}
	}
	return false
}

// one is a tree of one file.
func one(path, text string) fs.FS { return fstest.MapFS{path: {Data: []byte(text)}} }

func importing(dir, path string) fs.FS {
	return one(dir+"/a.go", "// Package a is a.\npackage a\n\nimport _ \""+path+"\"\n")
}

var planted = []struct {
	rule, what string
	files      fs.FS
	want       string
}{
	{"layers", "op imports nn", importing("engine/op", "sightglass/engine/nn"), "engine/op/a.go"},
	{"layers", "nn imports op", importing("engine/nn", "sightglass/engine/op"), ""},
	{"layers", "nn imports model", importing("engine/nn", "sightglass/engine/model"), "engine/nn/a.go"},
	{"layers", "a backend imports op", importing("engine/cpu", "sightglass/engine/op"), "engine/cpu/a.go"},
	{"layers", "a family imports a family", importing("engine/model/idefics3", "sightglass/engine/model/qwenvl"), "idefics3/a.go"},
	{"layers", "a family imports a block", importing("engine/model/idefics3", "sightglass/engine/model/llama"), ""},
	{"layers", "the engine imports metal", importing("engine", "sightglass/metal"), "engine/a.go"},
	{"layers", "the engine imports the app", importing("engine", "sightglass/app/store"), "engine/a.go"},
	{"layers", "a package stands nowhere", importing("engine/new", "fmt"), "engine/new/a.go"},
	{"owners", "api imports bbolt", importing("app/api", "go.etcd.io/bbolt"), "bbolt"},
	{"owners", "store imports bbolt", importing("app/store", "go.etcd.io/bbolt/errors"), ""},
	{"owners", "cli imports wails", importing("app/cli", "github.com/wailsapp/wails/v2/pkg/menu"), "wails"},
	{"owners", "cpu imports darwinkit", importing("engine/cpu", "github.com/progrium/darwinkit/objc"), "darwinkit"},
	{"owners", "the engine logs", importing("engine", "log/slog"), "log/slog"},
	{"environment", "the engine asks for a variable", one("engine/a.go", "package engine\n\nimport \"os\"\n\nvar home = os.Getenv(\"HOME\")\n"), "engine/a.go:5"},
	{"environment", "the engine asks under another name", one("engine/a.go", "package engine\n\nimport system \"os\"\n\nvar home, _ = system.UserHomeDir()\n"), "engine/a.go:5"},
	{"environment", "the app asks", one("app/cli/a.go", "package cli\n\nimport \"os\"\n\nvar home = os.Getenv(\"HOME\")\n"), ""},
	{"package comments", "none", one("engine/a.go", "package engine\n"), "engine: "},
	{"package comments", "two", fstest.MapFS{
		"engine/a.go": {Data: []byte("// Package engine is one.\npackage engine\n")},
		"engine/b.go": {Data: []byte("// Package engine is two.\npackage engine\n")},
	}, "engine: "},
	{"no init", "an init", one("engine/a.go", "package engine\n\nfunc init() {}\n"), "engine/a.go:3"},
	{"no init", "a method named init", one("engine/a.go", "package engine\n\nfunc (t T) init() {}\n"), ""},
	{"file length", "501 lines of C", one("a.c", strings.Repeat("//\n", 501)), "501"},
	{"file length", "500 lines of C", one("a.c", strings.Repeat("//\n", 500)), ""},
	{"file length", "251 lines of .tsx", one("frontend/src/a.tsx", strings.Repeat("//\n", 251)), "251"},
	{"file length", "a generated file", one("a.go", "// Code generated by x; DO NOT EDIT.\n\npackage a\n"+strings.Repeat("//\n", 600)), ""},
	{"function length", "91 lines", one("a.go", "package a\n\nfunc long() {\n"+strings.Repeat("\tf()\n", 89)+"}\n"), "long"},
	{"function length", "90 lines", one("a.go", "package a\n\nfunc long() {\n"+strings.Repeat("\tf()\n", 88)+"}\n"), ""},
	{"interface size", "7 methods", one("a.go", "package a\n\ntype Wide interface { A(); B(); C(); D(); E(); F(); G() }\n"), "Wide"},
	{"interface size", "6 methods", one("a.go", "package a\n\ntype Wide interface { A(); B(); C(); D(); E(); F() }\n"), ""},
	{"names", "a folder of utils", one("engine/utils/a.go", "package utils\n"), "utils"},
	{"names", "a file of helpers", one("frontend/src/lib/helpers.ts", ""), "helpers"},
	{"no loose ends", "a note to self", one("a.go", "package a\n\n// TO"+"DO: later.\n"), "a.go:3"},
	{"kernel stems", "a C kernel without its op", fstest.MapFS{
		"engine/op/rmsnorm.go":          {Data: []byte("package op\n")},
		"engine/cpu/kernels/rmsnorm.c":  {Data: []byte("#ifdef SG_ISA\n#endif\n")},
		"engine/cpu/kernels/pool.c":     {},
		"engine/cpu/kernels/rms_norm.c": {Data: []byte("#ifdef SG_ISA\n#endif\n")},
	}, "rms_norm.c"},
	{"kernel stems", "a Metal kernel without its op", one("metal/kernels/pool.metal", "// pool\n"), "pool.metal"},
	{"kernel stems", "text that Metal kernels share", fstest.MapFS{
		"engine/op/pool.go":          {Data: []byte("package op\n")},
		"metal/kernels/pool.metal":   {Data: []byte("#include \"window.metal\"\n")},
		"metal/kernels/window.metal": {},
	}, ""},
	{"metal kernels", "an op without one", one("engine/op/pool.go", "package op\n\nvar _ = graph.Define(pool{})\n"), "metal/kernels/pool.metal"},
	{"metal kernels", "an op with one", fstest.MapFS{
		"engine/op/pool.go":        {Data: []byte("package op\n\nvar _ = graph.Define(pool{})\n")},
		"metal/kernels/pool.metal": {},
	}, ""},
	{"metal kernels", "an op that expands to others", one("engine/op/pool.go", "package op\n\nvar _ = graph.Define(pool{})\n\nfunc (o pool) Expand(in []*graph.Node) *graph.Node { return nil }\n"), ""},
	{"metal kernels", "an op that only looks", one("engine/op/pool.go", "package op\n\nvar _ = graph.Define(pool{})\n\nfunc (pool) View() {}\n"), ""},
	{"metal kernels", "a function named Expand", one("engine/op/pool.go", "package op\n\nvar _ = graph.Define(pool{})\n\nfunc Expand() {}\n"), "metal/kernels/pool.metal"},
	{"metal kernels", "a file of several ops' parts", one("engine/op/parts.go", "package op\n"), ""},
	{"testdata size", "2 MB and a byte", one("engine/image/testdata/deep/a.png", strings.Repeat("x", 2<<20+1)), "engine/image/testdata"},
	{"testdata size", "the built-in model", one("engine/builtin/testdata/a.bin", strings.Repeat("x", 3<<20)), ""},
	{"testdata size", "a large file", one("docs/a.png", strings.Repeat("x", 4<<20+1)), "docs/a.png"},
	{"no early close", "a pipe", one("a.sh", "list | grep -q this\n"), "a.sh:1"},
	{"no early close", "a file", one("a.sh", "list || grep -q this list | grep this\n"), ""},
	{"no machine names", "a registry", one("a.sh", "curl https://registry.npm"+"js.org/react\n"), "a.sh:1"},
	{"no machine names", "a path of ours", one("a.md", "see\n/wo"+"rk/main\n"), "a.md:2"},
	{"no machine names", "a word with a slash", one("a.md", "hard/work/is and net/work/s\n"), ""},
}
