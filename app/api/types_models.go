package api

// The part of the wire format that is about models; types.go has the rest.

// ModelKind says where a model of this machine lies.
type ModelKind string

const (
	ModelBuiltin   ModelKind = "builtin"
	ModelCached    ModelKind = "cached"    // in the Hugging Face cache, which other programs share
	ModelFolder    ModelKind = "folder"    // in a folder of the person's
	ModelConverted ModelKind = "converted" // made here
)

// Fit says how a model's memory stands to that of this machine.
type Fit string

const (
	FitUnknown Fit = ""
	FitWell    Fit = "fits"
	FitTight   Fit = "tight"
	FitNot     Fit = "too_big"
)

// Models is what the models screen shows.
type Models struct {
	Here        []LocalModel `json:"here"`
	Tasks       []ModelTask  `json:"tasks"`
	Recommended []ModelOffer `json:"recommended"`
	Memory      int64        `json:"memory_bytes"` // of this machine; 0: not known
	Token       bool         `json:"token"`        // the person gave an access token for gated repositories
	Hub         string       `json:"hub"`          // the host that is asked when the person searches or downloads; "": the net is forbidden
}

// TaskKind is what a task makes.
type TaskKind string

const (
	TaskDownload TaskKind = "download"
	TaskConvert  TaskKind = "convert" // to 4 bits
)

// TaskPhase says where a task is.
type TaskPhase string

const (
	TaskWaiting TaskPhase = "waiting" // for the one before
	TaskRunning TaskPhase = "running"
	TaskPaused  TaskPhase = "paused"
	TaskFailed  TaskPhase = "failed"
)

// ModelTask is a download or a conversion that is not done.
type ModelTask struct {
	ID      string    `json:"id"`
	Kind    TaskKind  `json:"kind"`
	Model   string    `json:"model"` // repository, or the id of the model that is converted
	Name    string    `json:"name"`
	Phase   TaskPhase `json:"phase"`
	Done    int64     `json:"done_bytes"`
	Total   int64     `json:"total_bytes"`           // 0: not known yet
	Rate    float64   `json:"bytes_per_s,omitempty"` // of the last seconds
	Problem *Problem  `json:"problem,omitempty"`     // why it failed
}

// ImportModel is the body of POST /api/models/import: the whole path of a model folder.
type ImportModel struct {
	Path string `json:"path"`
}

// SetToken is the body of PUT /api/models/token; "" forgets the token.
type SetToken struct {
	Token string `json:"token"`
}

// StartTask is the body of POST /api/models/tasks.
type StartTask struct {
	Kind  TaskKind `json:"kind"`
	Model string   `json:"model"`
}

// ModelOffer is a model of the hub.
type ModelOffer struct {
	ID           string `json:"id"`                     // org/name
	Says         string `json:"says,omitempty"`         // what it is good for
	Bytes        int64  `json:"bytes,omitempty"`        // to download; missing: not known
	Memory       int64  `json:"memory_bytes,omitempty"` // that it takes, about; missing: not known
	Fit          Fit    `json:"fit,omitempty"`
	Architecture string `json:"architecture,omitempty"`
	Vision       bool   `json:"vision,omitempty"`
	Gated        bool   `json:"gated,omitempty"`   // it wants an agreement and a token
	Unknown      bool   `json:"unknown,omitempty"` // of a family that Sightglass does not know
	Here         bool   `json:"here,omitempty"`
	Downloads    int64  `json:"downloads,omitempty"`
}

// LocalModel is a model of this machine. What it can do is missing where it does not open.
type LocalModel struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Kind         ModelKind `json:"kind"`
	Folder       string    `json:"folder"`
	Bytes        int64     `json:"bytes"` // on the disk
	InUse        bool      `json:"in_use,omitempty"`
	Architecture string    `json:"architecture,omitempty"`
	Vision       bool      `json:"vision,omitempty"`
	Parameters   int64     `json:"parameters,omitempty"`
	Stored       string    `json:"stored,omitempty"`  // how most of its weights are stored, such as "4-bit in groups of 64"
	Context      int       `json:"context,omitempty"` // tokens
	Memory       int64     `json:"memory_bytes,omitempty"`
	Fit          Fit       `json:"fit,omitempty"`
	Problem      *Problem  `json:"problem,omitempty"` // why it does not open
}

// ChooseModel is the body of PUT /api/model, and of POST /api/models/remove.
type ChooseModel struct {
	ID string `json:"id"`
}

// Removed says what removing a model did.
type Removed struct {
	Freed int64 `json:"freed_bytes"`
}
