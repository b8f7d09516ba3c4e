package api

import "time"

// The types here and in types_models.go are the whole wire format. TypeScript types are generated from them (make generate).

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
	PhaseAsleep  Phase = "asleep" // let go to free its memory; the next question loads it again
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
	Adapter  string    `json:"adapter,omitempty"` // the tuned adapter that answers
	Snippet  string    `json:"snippet,omitempty"` // where a search matched
}

// ChatDetail is one conversation with its messages, oldest first.
type ChatDetail struct {
	Chat   `tstype:",extends"`
	Thread []Message `json:"thread"`
}

// Desk is what the page showed last, and what was written but not sent.
type Desk struct {
	Place  string      `json:"place,omitempty"` // such as "/chats/3"
	Drafts []DeskDraft `json:"drafts"`
}

// DeskDraft is what was written in a chat and not sent.
type DeskDraft struct {
	Chat     string    `json:"chat,omitempty"` // missing: one that is not made yet
	Text     string    `json:"text,omitempty"`
	Pictures []Picture `json:"pictures,omitempty"`
}

// SetDraft is the body of PUT /api/drafts/{chat}, "new" being the chat that is not made yet.
type SetDraft struct {
	Text     string   `json:"text"`
	Pictures []string `json:"pictures"`
}

// SetPlace is the body of PUT /api/place.
type SetPlace struct {
	Place string `json:"place"`
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
	Stopped  bool      `json:"stopped,omitempty"` // the person stopped the answer
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
	StageSlow    Stage = "slow" // nothing came for a minute: it may hang
)

// Event is one NDJSON line of POST /api/chats/{id}/ask and /regenerate.
type Event struct {
	Kind    Kind     `json:"kind"`
	Message *Message `json:"message,omitempty"`
	Stage   Stage    `json:"stage,omitempty"`
	Text    string   `json:"text,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// ChooseAdapter is the body of PUT /api/chats/{id}/adapter: the name of a tuned adapter, "" for the model alone.
type ChooseAdapter struct {
	Name string `json:"name"`
}

// Tuning is what the fine-tuning screen begins with.
type Tuning struct {
	Runs    []TuneRun    `json:"runs"`              // newest first
	Running string       `json:"running,omitempty"` // the run in progress
	Presets []TunePreset `json:"presets"`
}

// TunePreset is a goal in plain words and the settings that suit it.
type TunePreset struct {
	Name     string       `json:"name"`
	Says     string       `json:"says"`
	Settings TuneSettings `json:"settings"`
}

// TuneSettings are what a person may change of a training.
type TuneSettings struct {
	Method     string  `json:"method"` // "lora", "dora"
	Rank       int     `json:"rank"`
	Layers     int     `json:"layers"` // the last so many; 0: all
	LR         float64 `json:"lr"`
	Passes     int     `json:"passes"`
	Steps      int     `json:"steps"`      // 0: by the passes
	Validation float64 `json:"validation"` // share kept apart, unless the data has rows for it
}

// OpenData is the body of POST /api/tune/data: the folder or table to learn from, or the ready example.
type OpenData struct {
	Path    string `json:"path,omitempty"`
	Upload  string `json:"upload,omitempty"` // id of what was sent by PUT /api/tune/uploads/{id}
	Example bool   `json:"example,omitempty"`
}

// TuneData is the data that a run will learn from, every row checked.
type TuneData struct {
	Name string    `json:"name"`
	Path string    `json:"path"`
	Rows []TuneRow `json:"rows"`
}

// TuneRow is one example.
type TuneRow struct {
	Index    int    `json:"index"`
	Source   string `json:"source"`
	Pictures int    `json:"pictures"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Check    bool   `json:"check,omitempty"`    // kept apart for validation
	Reason   string `json:"reason,omitempty"`   // why it cannot be used
	LeftOut  bool   `json:"left_out,omitempty"` // the person left it out
}

// EditRow is the body of PATCH /api/tune/data/rows/{index}. What is missing stays as it is.
type EditRow struct {
	Answer  *string `json:"answer,omitempty"`
	LeftOut *bool   `json:"left_out,omitempty"`
}

// TuneDraft is an answer that the model proposes for a row.
type TuneDraft struct {
	Answer string `json:"answer"`
}

// TuneEstimate is what a run would take, measured on the first examples.
type TuneEstimate struct {
	Learn       int     `json:"learn"` // examples
	Check       int     `json:"check"`
	Steps       int     `json:"steps"`
	MemoryBytes int64   `json:"memory_bytes"`
	FreeBytes   int64   `json:"free_bytes"` // 0: not known
	Seconds     float64 `json:"seconds"`
}

// StartRun is the body of POST /api/tune/runs.
type StartRun struct {
	Name     string       `json:"name"`
	Settings TuneSettings `json:"settings"`
}

// TunePhase says where a run is.
type TunePhase string

const (
	TunePreparing TunePhase = "preparing" // pictures are looked at, the base answers
	TuneTraining  TunePhase = "training"
	TuneComparing TunePhase = "comparing" // the tuned model answers
	TunePaused    TunePhase = "paused"
	TuneFinished  TunePhase = "finished"
	TuneFailed    TunePhase = "failed"
)

// TuneRun is a training, in progress or over.
type TuneRun struct {
	Name     string       `json:"name"`
	Note     string       `json:"note,omitempty"`
	Model    string       `json:"model"`
	Fits     bool         `json:"fits"` // it was made for the model that is open
	Phase    TunePhase    `json:"phase"`
	Doing    string       `json:"doing,omitempty"` // while preparing and comparing
	Settings TuneSettings `json:"settings"`
	Step     int          `json:"step"`
	Steps    int          `json:"steps"`
	StepMS   float64      `json:"step_ms"`
	TokensPS float64      `json:"tokens_per_s"`
	LeftS    float64      `json:"left_s"`             // seconds of training to come
	Imported bool         `json:"imported,omitempty"` // made by another program
	Losses   []TuneLoss   `json:"losses"`
	Checks   []TuneCheck  `json:"checks"`
	Probes   []TuneProbe  `json:"probes"` // answers to the first checks on the way
	Base     *TuneScore   `json:"base,omitempty"`
	Tuned    *TuneScore   `json:"tuned,omitempty"`
	Bytes    int64        `json:"bytes"` // of the adapter
	Changed  time.Time    `json:"changed"`
	Problem  *Problem     `json:"problem,omitempty"`
}

// TuneLoss is the loss of a step.
type TuneLoss struct {
	Step       int      `json:"step"`
	Loss       float64  `json:"loss"`
	Validation *float64 `json:"validation,omitempty"`
}

// TuneCheck is a question of the validation examples, what the answer should be, and what base and tuned model say.
type TuneCheck struct {
	Index    int    `json:"index"`
	Source   string `json:"source"`
	Picture  bool   `json:"picture"`
	Question string `json:"question"`
	Want     string `json:"want"`
	Base     string `json:"base"`
	Tuned    string `json:"tuned"`
	Thumb    int    `json:"thumb"` // the person's: 1 up, -1 down
	BaseOK   bool   `json:"base_ok"`
	TunedOK  bool   `json:"tuned_ok"`
}

// TuneProbe is what the model answered to the first checks at a step.
type TuneProbe struct {
	Step    int      `json:"step"`
	Answers []string `json:"answers"`
}

// TuneScore says how close answers are to what was wanted.
type TuneScore struct {
	Exact      int     `json:"exact"`      // answers that are right
	Characters float64 `json:"characters"` // to change, by characters wanted
	Thumbs     int     `json:"thumbs"`     // up, of the person
}

// Thumb is the body of PUT /api/tune/runs/{run}/checks/{check}/thumb.
type Thumb struct {
	Thumb int `json:"thumb"`
}

// KeepRun is the body of PATCH /api/tune/runs/{run}.
type KeepRun struct {
	Name string `json:"name"`
	Note string `json:"note"`
}

// ExportFormat is what an adapter is exported as.
type ExportFormat string

const (
	ExportPEFT  ExportFormat = "peft"  // an adapter for transformers
	ExportMLX   ExportFormat = "mlx"   // an adapter for mlx-vlm
	ExportModel ExportFormat = "model" // the whole model with the adapter in its weights
)

// ExportRun is the body of POST /api/tune/runs/{run}/export.
type ExportRun struct {
	Format ExportFormat `json:"format"`
}

// ImportAdapter is the body of POST /api/tune/import: a folder of PEFT or mlx-vlm, and what the adapter will be called.
type ImportAdapter struct {
	Path string `json:"path"`
	Name string `json:"name"`
}

// Exported says where an adapter was written.
type Exported struct {
	Path string `json:"path"`
}

// Panel is what the compact panel shows: a picture to ask about, or what stands in the way and the buttons for it.
type Panel struct {
	Shot      int         `json:"shot"` // counts what was shown
	Picture   *Picture    `json:"picture,omitempty"`
	Questions []string    `json:"questions"` // that suit any picture
	Problem   *Problem    `json:"problem,omitempty"`
	Steps     []PanelStep `json:"steps,omitempty"`
}

// Appearance is light or dark, or as the system is.
type Appearance string

const (
	AppearanceSystem Appearance = "system"
	AppearanceLight  Appearance = "light"
	AppearanceDark   Appearance = "dark"
)

// Length is how long an answer may become.
type Length string

const (
	LengthShort  Length = "short"
	LengthNormal Length = "normal"
	LengthLong   Length = "long"
)

// Style is how answers are written.
type Style string

const (
	StyleNormal   Style = "normal" // as the model does by itself
	StyleBrief    Style = "brief"
	StyleDetailed Style = "detailed"
	StyleOwn      Style = "own" // as Settings.StyleWords say
)

// Notify is what notifications tell of what ended while the window was hidden.
type Notify string

const (
	NotifyOff     Notify = "off"
	NotifyPlain   Notify = "plain"   // that it ended
	NotifyContent Notify = "content" // and the beginning of the answer
)

// Access is what stands in the way of looking at the screen, and the buttons for it.
type Access struct {
	Sentence string      `json:"sentence"`
	Steps    []PanelStep `json:"steps"`
}

// Update is what the feed of releases says.
type Update struct {
	Version string `json:"version"` // that runs
	Latest  string `json:"latest"`
	Newer   bool   `json:"newer"`
	Page    string `json:"page,omitempty"` // of the latest
}

// Settings is what the person set, and what is stored.
type Settings struct {
	Native     bool       `json:"native"`             // the page is in the app's window, which has a shortcut
	Shortcut   string     `json:"shortcut,omitempty"` // such as "Ctrl+Shift+Space"; missing: none
	History    bool       `json:"history"`            // chats are there after the next start
	KeepDays   int        `json:"keep_days"`          // chats that are older are removed; 0: none are
	Appearance Appearance `json:"appearance"`
	Length     Length     `json:"length"`
	Style      Style      `json:"style"`
	StyleWords string     `json:"style_words,omitempty"`
	Notify     Notify     `json:"notify"`
	AtLogin    bool       `json:"at_login"`         // the app starts when the person logs in
	Access     *Access    `json:"access,omitempty"` // missing: it may look at the screen
	Welcomed   bool       `json:"welcomed"`         // the first-run page was seen
	Version    string     `json:"version"`
	Updates    bool       `json:"updates"` // there is a feed to ask
	// UnloadAfter is how many minutes without a question the model stays loaded; 0: for good.
	UnloadAfter int `json:"unload_after"`

	Folder   string `json:"folder"`
	Bytes    int64  `json:"bytes"`
	Chats    int    `json:"chats"`
	Pictures int    `json:"pictures"`
}

// SetSettings is the body of PATCH /api/settings. What is missing stays as it is; an empty shortcut is none.
type SetSettings struct {
	Shortcut   *string     `json:"shortcut,omitempty"`
	History    *bool       `json:"history,omitempty"`
	KeepDays   *int        `json:"keep_days,omitempty"`
	Appearance *Appearance `json:"appearance,omitempty"`
	Length     *Length     `json:"length,omitempty"`
	Style      *Style      `json:"style,omitempty"`
	StyleWords *string     `json:"style_words,omitempty"`
	Notify     *Notify     `json:"notify,omitempty"`
	AtLogin    *bool       `json:"at_login,omitempty"`
	Welcomed   *bool       `json:"welcomed,omitempty"`

	UnloadAfter *int `json:"unload_after,omitempty"`
}

// Diagnostics is text to send along with a report of a fault. It holds nothing that was asked or answered.
type Diagnostics struct {
	Text string `json:"text"`
}

// PanelStep is a button: POST /api/panel/{do}.
type PanelStep struct {
	Do    string `json:"do"`
	Label string `json:"label"`
}
