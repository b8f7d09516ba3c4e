// Package token turns text into token ids and back by a model's tokenizer.json, through the Hugging Face tokenizers
// library. Text and control tokens never mix: a text is always text, whatever it spells, and a control token is one that
// the caller marked as such. Chat templates are package chat's.
package token
