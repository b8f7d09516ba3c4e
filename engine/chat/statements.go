package chat

import (
	"errors"

	controlStructures "github.com/nikolalohinski/gonja/v2/builtins/control_structures"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/nodes"
	"github.com/nikolalohinski/gonja/v2/parser"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

// guarded adds the sandbox's checks to a tag: a loop counts its iterations, a macro its depth, a set measures its value.
func (s *sandbox) guarded(parse parser.ControlStructureParser) parser.ControlStructureParser {
	return func(p, args *parser.Parser) (nodes.ControlStructure, error) {
		first := args.Current()
		parsed, err := parse(p, args)
		if err != nil {
			return nil, err
		}
		switch tag := parsed.(type) {
		case *controlStructures.ForControlStructure:
			if tag.Recursive {
				return nil, errors.New("for: recursive is not supported")
			}
			start := &nodes.ControlStructureBlock{Location: first, ControlStructure: &iteration{s: s, at: first}}
			tag.BodyWrapper.Nodes = append([]nodes.Node{start}, tag.BodyWrapper.Nodes...)
		case *controlStructures.MacroControlStructure:
			return &macro{MacroControlStructure: tag, s: s}, nil
		case *controlStructures.SetControlStructure:
			return &set{SetControlStructure: tag, s: s, name: first.Val}, nil
		}
		return parsed, nil
	}
}

// iteration runs at the start of a loop's body.
type iteration struct {
	s  *sandbox
	at *tokens.Token
}

func (i *iteration) Position() *tokens.Token { return i.at }
func (i *iteration) String() string          { return "iteration" }

func (i *iteration) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	if out, ok := r.Output.(interface{ Len() int }); ok { // of a macro or a {% set %} block, too
		i.s.fits(out.Len())
	}
	i.s.step()
	return nil
}

type macro struct {
	*controlStructures.MacroControlStructure
	s *sandbox
}

func (m *macro) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	call, err := exec.MacroNodeToFunc(m.Macro, r)
	if err != nil {
		return err
	}
	r.Environment.Context.Set(m.Name, exec.Macro(func(args *exec.VarArgs) *exec.Value {
		m.s.depth++
		defer func() { m.s.depth-- }()
		if m.s.depth > maxDepth {
			m.s.stop("want at most %d macros inside each other", maxDepth)
		}
		m.s.step()
		return m.s.measured(call(args))
	}))
	return nil
}

type set struct {
	*controlStructures.SetControlStructure
	s    *sandbox
	name string
}

func (t *set) Execute(r *exec.Renderer, block *nodes.ControlStructureBlock) error {
	if err := t.SetControlStructure.Execute(r, block); err != nil {
		return err
	}
	v, _ := r.Environment.Context.Get(t.name)
	t.s.measured(exec.ToValue(v))
	t.s.step()
	return nil
}

// generation is {% generation %}: transformers notes its place for training masks; it prints its body.
type generation struct{ body *nodes.Wrapper }

func (g *generation) Position() *tokens.Token { return g.body.Position() }
func (g *generation) String() string          { return "generation" }

func (g *generation) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	return r.ExecuteIfWrapper(g.body)
}

func generationParser(p, _ *parser.Parser) (nodes.ControlStructure, error) {
	body, _, err := p.WrapUntil("endgeneration")
	if err != nil {
		return nil, err
	}
	return &generation{body}, nil
}
