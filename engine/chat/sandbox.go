package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/loaders"
	"github.com/nikolalohinski/gonja/v2/parser"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

const (
	maxSteps = 30_000  // loop iterations and calls
	maxDepth = 32      // macros inside macros
	maxTag   = 2_000   // tokens inside one {{ }} or {% %}
	maxRange = 100_000 // jinja2.sandbox.MAX_RANGE
	baseSize = 256 << 10
)

// sandbox runs one rendering. The template library has no limits of its own, so that every place where a template can repeat
// work counts steps, and every place where it can keep a value measures it.
type sandbox struct {
	ctx   context.Context
	size  int // bytes of the output, and of any value
	steps int
	depth int
}

// newSandbox bounds a rendering of messages of inputBytes bytes.
func newSandbox(ctx context.Context, inputBytes int) *sandbox {
	return &sandbox{ctx: ctx, size: baseSize + 4*inputBytes}
}

// execute renders messages, whose texts have inputBytes bytes.
func (t *Template) execute(ctx context.Context, messages list, inputBytes int, o Options) (text string, err error) {
	s := newSandbox(ctx, inputBytes)
	// The library panics on some misuses, such as a division by zero.
	defer func() {
		switch p := recover().(type) {
		case nil:
		case stop:
			text, err = "", p.err
		default:
			text, err = "", templateError(fmt.Errorf("%v", p))
		}
	}()
	program, err := s.parse(t.source)
	if err != nil {
		return "", err
	}
	variables := map[string]any{}
	for name, v := range o.Extra {
		variables[name] = v
	}
	variables["messages"] = messages
	variables["add_generation_prompt"] = o.AddGenerationPrompt
	variables["bos_token"], variables["eos_token"] = o.BOS, o.EOS
	variables["strftime_now"] = func(format string) (string, error) { return strftime(o.Now, format) }
	out := &limited{s: s}
	err = program.Execute(out, exec.NewContext(variables))
	if err != nil {
		return "", templateError(err)
	}
	return out.String(), nil
}

// parse compiles a template, as transformers does: trim_blocks, lstrip_blocks, loop controls, {% generation %}.
func (s *sandbox) parse(source string) (program *exec.Template, err error) {
	defer func() {
		if p := recover(); p != nil {
			program, err = nil, templateError(fmt.Errorf("%v", p))
		}
	}()
	loader, err := loaders.NewShiftedLoader("template", strings.NewReader(source), loaders.MustNewMemoryLoader(nil))
	if err != nil {
		return nil, templateError(err)
	}
	program, err = exec.NewTemplate("template", settings(), loader, &exec.Environment{
		Context:           s.globals(),
		Filters:           s.filters(),
		Tests:             builtins.Tests,
		ControlStructures: exec.NewControlStructureSet(s.statements()),
		Methods:           s.methods(),
	})
	if err != nil {
		return nil, templateError(err)
	}
	return program, nil
}

func settings() *config.Config {
	c := config.New()
	c.TrimBlocks, c.LeftStripBlocks = true, true
	return c
}

// prepare rewrites what the parser does not know, and refuses what no chat template needs and no limit would hold:
// repetition by multiplying, and expressions of thousands of terms.
func prepare(source string) (prepared string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = templateError(fmt.Errorf("%v", p))
		}
	}()
	stream := tokens.LexAll(source, settings())
	for inside := 0; !stream.End(); stream.Next() {
		switch token := stream.Current(); token.Type {
		case tokens.BlockBegin, tokens.VariableBegin:
			inside = 0
		case tokens.Multiply, tokens.Power:
			return "", templateError(fmt.Errorf("line %d: * is not supported", token.Line))
		case tokens.Error:
			return "", templateError(errors.New(token.Val))
		}
		if inside++; inside > maxTag {
			return "", templateError(fmt.Errorf("want at most %d terms in an expression", maxTag))
		}
	}
	return rewrite(source), nil
}

// templateError is the innermost cause of err: the library wraps it in a trace that quotes the whole template.
func templateError(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	text := err.Error()
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return fmt.Errorf("chat: template: %s", text)
}

// stop is what a sandbox panics with: the library drops some errors, and goes on. execute recovers it.
type stop struct{ err error }

func (s *sandbox) stop(format string, args ...any) {
	panic(stop{fmt.Errorf("chat: template: "+format, args...)})
}

// step counts a piece of repeated work and stops when there was too much, or the context has ended.
func (s *sandbox) step() {
	s.steps++
	if s.steps > maxSteps {
		s.stop("want at most %d steps", maxSteps)
	}
	if s.ctx != nil && s.steps%64 == 0 && s.ctx.Err() != nil {
		s.stop("%w", context.Cause(s.ctx))
	}
}

// fits stops when n bytes are more than a value or the output may have.
func (s *sandbox) fits(n int) {
	if n > s.size {
		s.stop("want at most %d bytes of text, it makes more", s.size)
	}
}

// limited collects the output up to the sandbox's size.
type limited struct {
	bytes.Buffer
	s *sandbox
}

func (l *limited) Write(p []byte) (int, error) {
	l.s.fits(l.Len() + len(p))
	return l.Buffer.Write(p)
}

func (l *limited) WriteString(p string) (int, error) {
	l.s.fits(l.Len() + len(p))
	return l.Buffer.WriteString(p)
}

func (s *sandbox) globals() *exec.Context {
	namespace, _ := builtins.GlobalFunctions.Get("namespace")
	dict, _ := builtins.GlobalFunctions.Get("dict")
	return exec.NewContext(map[string]any{
		"namespace": namespace,
		"dict":      dict,
		"range":     s.rangeOf,
		"raise_exception": func(message string) (string, error) {
			s.stop("%s", message)
			return "", nil
		},
	})
}

// rangeOf is Python's range. The library's own counts in a goroutine that outlives a loop left early.
func (s *sandbox) rangeOf(args *exec.VarArgs) *exec.Value {
	start, stop, step := 0, 0, 1
	for _, a := range args.Args {
		if !a.IsInteger() {
			s.stop("range: want whole numbers")
		}
	}
	switch a := args.Args; len(a) {
	case 1:
		stop = a[0].Integer()
	case 3:
		step = a[2].Integer()
		fallthrough
	case 2:
		start, stop = a[0].Integer(), a[1].Integer()
	default:
		s.stop("range: want 1 to 3 numbers, found %d", len(a))
	}
	if step == 0 {
		s.stop("range: want a step other than 0")
	}
	numbers := list{}
	for i := start; (step > 0 && i < stop) || (step < 0 && i > stop); i += step {
		if len(numbers) == maxRange {
			s.stop("range: want at most %d numbers", maxRange)
		}
		numbers = append(numbers, i)
	}
	s.steps += len(numbers) / 16
	s.step()
	return exec.AsValue(numbers)
}

var strftimeLayouts = map[byte]string{'d': "02", 'b': "Jan", 'B': "January", 'Y': "2006", 'y': "06", 'm': "01", 'H': "15", 'I': "03",
	'M': "04", 'S': "05", 'p': "PM", 'a': "Mon", 'A': "Monday", 'j': "002", '%': "%"}

// strftime formats as Python's datetime.strftime, in the C locale.
func strftime(now time.Time, format string) (string, error) {
	if now.IsZero() {
		return "", errors.New("strftime_now: want the time, Options.Now is zero")
	}
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		layout, ok := strftimeLayouts[format[i]]
		if !ok {
			return "", fmt.Errorf("strftime_now: %%%c is not supported", format[i])
		}
		out.WriteString(now.Format(layout))
	}
	return out.String(), nil
}

// statements are the tags that chat templates use; none of those that read other templates.
func (s *sandbox) statements() map[string]parser.ControlStructureParser {
	all := map[string]parser.ControlStructureParser{"generation": generationParser}
	for _, name := range []string{"if", "for", "set", "macro", "break", "continue", "with", "raw"} {
		if parse, ok := builtins.ControlStructures.Get(name); ok {
			all[name] = s.guarded(parse)
		}
	}
	return all
}
