package engine

import "time"

// Role is who wrote a message.
type Role string

const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation. Parts keep their order.
type Message struct {
	Role  Role
	Parts []Part
}

// Part is a text or, when Picture is set, a picture.
type Part struct {
	Text    string
	Picture []byte // an encoded file: PNG, JPEG, GIF, WebP, BMP, TIFF
}

// Request is one question: the whole conversation and how to answer it.
type Request struct {
	Messages  []Message
	System    string   // how to answer: a message of the system where the model's template has a place for one, else before the first question
	MaxTokens int      // 0: the model's default
	Stop      []string // answers end before any of these
	Sampling
}

// Sampling chooses the next token. The zero value is greedy.
type Sampling struct {
	Temperature       float32
	TopK              int
	TopP              float32 // 0 or 1: off
	MinP              float32
	RepetitionPenalty float32 // 0 or 1: off
	Seed              uint64
}

// Stage says what a running request is doing.
type Stage string

const (
	StageVision  Stage = "vision"
	StagePrefill Stage = "prefill"
	StageDecode  Stage = "decode"
)

// Event is a piece of a running answer: a change of stage, or text to append.
type Event struct {
	Stage Stage
	Text  string
}

// Seen is what the model saw of one picture.
type Seen struct {
	Width, Height int // after scaling
	Rows, Cols    int // tile grid; 0 when the picture was not split
	Tokens        int
}

// FinishReason says why an answer ended.
type FinishReason string

const (
	FinishStop      FinishReason = "stop"
	FinishLength    FinishReason = "length"
	FinishCancelled FinishReason = "cancelled"
)

// Result is a finished answer.
type Result struct {
	Text         string
	Tokens       []int32
	Logprobs     []float32 // natural log, of the chosen tokens
	PromptIDs    []int32
	ImageTokens  int
	CachedTokens int // prompt tokens found in the KV cache
	// GuessedTokens are those of the answer that took no step of their own: prompt look-up had guessed them.
	GuessedTokens int
	Pictures      []Seen
	Finish        FinishReason
	Timings       Timings
}

// Timings of one request. Vision and Prefill are parts of FirstToken.
type Timings struct {
	Load, Vision, Prefill, FirstToken time.Duration
	DecodeTokensPerS                  float64
}
