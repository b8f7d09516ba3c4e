package chat

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nikolalohinski/gonja/v2/exec"

	"sightglass/engine/token"
)

// Role is who wrote a message.
type Role string

const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn.
type Message struct {
	Role  Role
	Parts []Part
}

// Part is a text or, when Image is set, a place where a picture goes.
type Part struct {
	Text  string
	Image bool
}

// Options complete a conversation.
type Options struct {
	AddGenerationPrompt bool   // end with the opening of the model's answer
	BOS, EOS            string // bos_token and eos_token of the tokenizer's configuration
	// Control are the tokens that no message may spell: token.Tokenizer.Control.
	Control []string
	// Extra are more variables for the template, such as enable_thinking.
	Extra map[string]any
	// Now is what strftime_now formats; the zero time is an error there.
	Now time.Time
}

// Render writes the prompt: texts, and control tokens between them. The template marks a picture's place by a control token
// of its own, such as <image>: the caller replaces the i-th of those by what the i-th picture needs.
//
// An error of the template, raise_exception included, and one for going over a limit begins "chat: template: ".
func (t *Template) Render(ctx context.Context, messages []Message, o Options) ([]token.Segment, error) {
	g, err := newGuard(t.source, messages, o)
	if err != nil {
		return nil, err
	}
	turns := make(list, len(messages))
	size := 0
	for i, m := range messages {
		content, err := t.content(m, g)
		if err != nil {
			return nil, err
		}
		turns[i] = dict("role", string(m.Role), "content", content)
		for _, p := range m.Parts {
			size += len(p.Text)
		}
	}
	text, err := t.execute(ctx, turns, size, o)
	if err != nil {
		return nil, err
	}
	segments := token.Split(text, o.Control)
	for i, s := range segments {
		if !s.Control {
			segments[i].Text = g.unmark(s.Text)
		}
	}
	return segments, nil
}

// content is a message's content in the form the template takes.
func (t *Template) content(m Message, g guard) (any, error) {
	switch m.Role {
	case System, User, Assistant:
	default:
		return nil, fmt.Errorf("chat: message: want role %q, %q or %q, found %q", System, User, Assistant, m.Role)
	}
	if t.parts[m.Role] {
		parts := list{}
		for _, p := range m.Parts {
			if p.Image {
				parts = append(parts, dict("type", "image"))
			} else {
				parts = append(parts, dict("type", "text", "text", g.mark(p.Text)))
			}
		}
		return parts, nil
	}
	var text strings.Builder
	for _, p := range m.Parts {
		if p.Image {
			return nil, fmt.Errorf("chat: template: it has no place for a picture in a message of role %q", m.Role)
		}
		text.WriteString(p.Text)
	}
	return g.mark(text.String()), nil
}

// probe finds the roles whose content may be a list of parts: a template that expects a text prints the list as such, or
// fails.
func (t *Template) probe() map[Role]bool {
	const word = "sentinel"
	parts := map[Role]bool{}
	for _, role := range []Role{System, User, Assistant} {
		content := list{map[string]any{"type": "text", "text": word}}
		messages := list{map[string]any{"role": string(role), "content": content}}
		if role != User {
			user := map[string]any{"role": string(User), "content": "x"}
			if parts[User] || role == System {
				user["content"] = list{map[string]any{"type": "text", "text": "x"}}
			}
			messages = append(messages, user)
		}
		if role == Assistant {
			messages[0], messages[1] = messages[1], messages[0]
		}
		text, err := t.execute(context.Background(), messages, 0, Options{Now: time.Unix(0, 0)})
		parts[role] = err == nil && strings.Contains(text, word) && !strings.Contains(text, "'type'") && !strings.Contains(text, `"type"`)
	}
	return parts
}

// TakesSystem tells whether the template writes what a first message of the system says. Others leave it out, or fail.
func (t *Template) TakesSystem() bool { return t.system }

func (t *Template) probeSystem() bool {
	const word = "sentinel"
	say := func(role Role, text string) any {
		if t.parts[role] {
			return dict("role", string(role), "content", list{dict("type", "text", "text", text)})
		}
		return dict("role", string(role), "content", text)
	}
	text, err := t.execute(context.Background(), list{say(System, word), say(User, "x")}, 0, Options{Now: time.Unix(0, 0)})
	return err == nil && strings.Contains(text, word) && !strings.Contains(text, "'type'")
}

// dict is a dictionary that keeps its order, as Python's do: of keys, each before its value.
func dict(items ...any) *exec.Dict {
	d := exec.NewDict()
	for i := 0; i < len(items); i += 2 {
		d.Pairs = append(d.Pairs, &exec.Pair{Key: exec.AsValue(items[i]), Value: exec.AsValue(items[i+1])})
	}
	return d
}
