// Package chat writes a conversation as a prompt by a model's chat template, a Jinja program that comes with the model.
// A template is untrusted: it reaches no file, and its steps, memory and output are limited. What a user writes stays text:
// no wording of a message makes a control token. Turning segments into ids is package token's.
package chat
