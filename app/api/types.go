package api

import "time"

// The types below are the whole wire format. TypeScript types are generated from them (make generate).

// State is what the window shows in its header.
type State struct {
	Model   Model    `json:"model"`
	Version string   `json:"version"`
	Notice  *Problem `json:"notice,omitempty"` // what happened when the app started that the person should know
}

// Phase says where the model is in its life.
type Phase string

const (
	PhaseLoading Phase = "loading"
	PhaseReady   Phase = "ready"
	PhaseFailed  Phase = "failed"
)

// Model describes the model that answers.
type Model struct {
	ID     string   `json:"id"` // "builtin", a folder or a repository
	Name   string   `json:"name"`
	Phase  Phase    `json:"phase"`
	Vision bool     `json:"vision"`
	Error  *Problem `json:"error,omitempty"`
}

// Problem is an error as a person reads it: one sentence and at most one action.
type Problem struct {
	Code     string `json:"code"` // stable, e.g. "not_found", "not_a_picture", "too_long", "busy", "disk_full", "internal"
	Sentence string `json:"sentence"`
	Action   string `json:"action,omitempty"` // what the person can do, as a button or a hint
}

// Chat is one conversation, without its messages.
type Chat struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
	Messages int       `json:"messages"`
	Picture  string    `json:"picture,omitempty"` // id of the first picture, for the list
	Snippet  string    `json:"snippet,omitempty"` // where a search matched
}

// ChatDetail is one conversation with its messages, oldest first.
type ChatDetail struct {
	Chat   `tstype:",extends"`
	Thread []Message `json:"thread"`
}

// Role is who wrote a message.
type Role string

const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
)

// Message is one turn.
type Message struct {
	ID       string    `json:"id"`
	Role     Role      `json:"role"`
	Text     string    `json:"text"`
	Pictures []Picture `json:"pictures,omitempty"`
	Created  time.Time `json:"created"`
	Stats    *Stats    `json:"stats,omitempty"`   // answers only
	Running  bool      `json:"running,omitempty"` // the answer is still being written; Text is what there is so far
	Stopped  bool      `json:"stopped,omitempty"` // the person or a crash stopped the answer
	Problem  *Problem  `json:"problem,omitempty"` // the answer failed
}

// Picture is a stored picture and, once asked about, what the model saw of it.
type Picture struct {
	ID     string `json:"id"` // SHA-256 of its bytes, hex
	Name   string `json:"name,omitempty"`
	Type   string `json:"type"` // media type
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	Seen   *Seen  `json:"seen,omitempty"`
}

// Seen is what the model saw of a picture: its size after scaling, its tiles and its tokens.
type Seen struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Rows   int `json:"rows"` // tile grid; 0 for a picture that was not split
	Cols   int `json:"cols"`
	Tokens int `json:"tokens"`
}

// Stats is how fast an answer came.
type Stats struct {
	PromptTokens   int     `json:"prompt_tokens"`
	Tokens         int     `json:"tokens"`
	FirstTokenMS   float64 `json:"first_token_ms"`
	VisionMS       float64 `json:"vision_ms"`
	PrefillMS      float64 `json:"prefill_ms"`
	DecodeTokensPS float64 `json:"decode_tokens_per_s"`
	FinishReason   string  `json:"finish_reason"` // "stop", "length", "cancelled"
}

// Ask is the body of POST /api/chats/{id}/ask. With Replace the message of that id and all after it give way to the new question.
type Ask struct {
	Text     string   `json:"text"`
	Pictures []string `json:"pictures,omitempty"`
	Replace  string   `json:"replace,omitempty"`
}

// Rename is the body of PATCH /api/chats/{id}.
type Rename struct {
	Title string `json:"title"`
}

// Regenerate is the body of POST /api/chats/{id}/regenerate: the answer, or its question, to answer anew. What follows gives way.
type Regenerate struct {
	Message string `json:"message"`
}

// Failure is the body of every response that is not a success.
type Failure struct {
	Problem Problem `json:"problem"`
}

// Sample is the built-in sample picture and questions that suit it.
type Sample struct {
	Picture   Picture  `json:"picture"`
	Questions []string `json:"questions"`
}

// Kind names what a line of an answer's stream carries.
type Kind string

const (
	KindQuestion Kind = "question" // the stored question, in Message
	KindAnswer   Kind = "answer"   // the empty answer that the tokens belong to, in Message
	KindStage    Kind = "stage"    // Stage
	KindToken    Kind = "token"    // Text to append
	KindDone     Kind = "done"     // the whole answer as stored, in Message
	KindError    Kind = "error"    // Problem, and the answer as stored, in Message
)

// Stage says what a running answer is doing.
type Stage string

const (
	StageLoading Stage = "loading" // the model is not there yet
	StageQueued  Stage = "queued"  // another chat's answer goes first
	StageVision  Stage = "vision"
	StagePrefill Stage = "prefill"
	StageDecode  Stage = "decode"
)

// Event is one NDJSON line of POST /api/chats/{id}/ask and /regenerate.
type Event struct {
	Kind    Kind     `json:"kind"`
	Message *Message `json:"message,omitempty"`
	Stage   Stage    `json:"stage,omitempty"`
	Text    string   `json:"text,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}
