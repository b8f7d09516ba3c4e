package api

import (
	"fmt"
	"strings"

	"sightglass/engine/builtin"
)

// maxStyleRunes bounds what a person writes of how to answer.
const maxStyleRunes = 500

// styles is what a model is told of how to answer.
var styles = map[Style]string{
	StyleNormal:   "",
	StyleBrief:    "Answer briefly, in one or two sentences.",
	StyleDetailed: "Answer in detail, and say what the answer rests on.",
	StyleOwn:      "",
}

// setStyle takes a style, or the person's own words, which are of use once StyleOwn is chosen.
func (p *preferences) setStyle(body SetSettings) error {
	if body.Style != nil {
		if _, ok := styles[*body.Style]; !ok {
			return fmt.Errorf("%w: style %q", errBadRequest, *body.Style)
		}
		p.Style = *body.Style
	}
	if body.StyleWords != nil {
		words := strings.TrimSpace(strings.ToValidUTF8(*body.StyleWords, "\uFFFD"))
		if n := len([]rune(words)); n > maxStyleRunes {
			return fmt.Errorf("%w: want at most %d characters of style, found %d", errBadRequest, maxStyleRunes, n)
		}
		p.StyleWords = words
	}
	return nil
}

// system is how a model is told to answer. The built-in one answers as it was taught: it knows no instructions, and they confuse it.
func (p preferences) system(model string) string {
	switch {
	case model == builtin.Name:
		return ""
	case p.Style == StyleOwn:
		return p.StyleWords
	}
	return styles[p.Style]
}
