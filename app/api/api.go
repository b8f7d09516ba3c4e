// Package api is the app as one http.Handler: JSON calls and NDJSON streams under /api/, the page everywhere else.
//
// The window calls the handler inside its own process; Serve puts it on this machine's loopback address behind a token.
// Answers come from an Answerer, are stored by package store, and run one at a time. types.go and types_models.go are the whole wire format,
// problem.go turns every error into what a person reads.
package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"sightglass/app/models"
	"sightglass/app/store"
	"sightglass/engine"
)

// Answerer answers one request, calling emit as the answer grows. It stops within a step once ctx ends.
type Answerer interface {
	Generate(ctx context.Context, request engine.Request, emit func(engine.Event)) (engine.Result, error)
}

// Options is what a Handler is made of. Store and Find are required.
type Options struct {
	Store    *store.Store
	Find     func(id string) (Source, error) // finds a model of this machine
	Model    string                          // the one to load at first; "": that of the last time, else the built-in one
	Request  engine.Request                  // how to answer; its Messages are ignored
	Models   *models.Work                    // what there is to choose from and to download; nil for an app with one model
	Version  string
	Page     fs.FS // the built page, index.html at its top; nil for none
	Sample   SampleFile
	Tune     *TuneOptions // nil for an app that does not train
	Exports  string       // folder that chats are exported to; "" for none
	Releases string       // feed of releases, asked only when a person asks; "" for none
	Log      *slog.Logger // nil discards
}

// SampleFile is the built-in sample picture. Without Bytes there is none.
type SampleFile struct {
	Name      string
	Bytes     []byte
	Questions []string
}

// keepDeleted is how long a deleted chat or message can be restored while the app runs.
const keepDeleted = 24 * time.Hour

// Handler answers all requests of a page. Close ends it.
type Handler struct {
	Options
	http.Handler
	loader  *loader
	life    context.Context // of answers and of loading
	end     context.CancelFunc
	working sync.WaitGroup
	decode  chan struct{} // holds a value while a picture is being decoded: one is enough memory
	// estimate holds a value while a training is measured.
	estimate chan struct{}

	setting sync.Mutex // held while preferences change

	mu      sync.Mutex
	running map[string]*running // by chat
	shell   Shell               // nil for none
	studio  studio
}

// New returns a handler and starts to load the model. What was deleted in earlier runs is removed for good.
func New(options Options) (*Handler, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if err := options.Store.Purge(time.Now()); err != nil {
		return nil, err
	}
	h := &Handler{
		Options: options,
		decode:  make(chan struct{}, 1),
		running: map[string]*running{},

		estimate: make(chan struct{}, 1),
	}
	if err := h.forget(time.Now()); err != nil {
		return nil, err
	}
	h.life, h.end = context.WithCancel(context.Background())
	h.loader = &loader{life: h.life, working: &h.working, turn: make(chan struct{}, 1), rest: h.restAfter}
	h.Handler = h.routes()
	if h.Models != nil {
		h.Models.Ended = h.tellTask
		h.Models.Open()
	}
	h.loadFirst()
	h.goOnTraining()
	return h, nil
}

// Close stops what runs, waits until it is stored, and leaves the store open. Where no history is wanted, it is gone then.
func (h *Handler) Close() {
	h.end()
	if h.Models != nil {
		h.Models.Close()
	}
	h.working.Wait()
	if err := h.loader.close(); err != nil {
		h.Log.Error("close the model", "error", err)
	}
	if h.preferences().NoHistory {
		if err := h.forget(time.Now()); err != nil {
			h.Log.Error("forget the chats", "error", err)
		}
	}
}

func (h *Handler) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /api/state":                                    h.getState,
		"GET /api/chats":                                    h.listChats,
		"POST /api/chats":                                   h.createChat,
		"GET /api/chats/{chat}":                             h.getChat,
		"PATCH /api/chats/{chat}":                           h.renameChat,
		"DELETE /api/chats/{chat}":                          h.deleteChat,
		"POST /api/chats/{chat}/restore":                    h.restoreChat,
		"POST /api/chats/{chat}/ask":                        h.ask,
		"POST /api/chats/{chat}/regenerate":                 h.regenerate,
		"POST /api/chats/{chat}/stop":                       h.stop,
		"DELETE /api/chats/{chat}/messages/{message}":       h.deleteMessage,
		"POST /api/chats/{chat}/messages/{message}/restore": h.restoreMessage,
		"POST /api/pictures":                                h.putPicture,
		"GET /api/pictures/{picture}":                       h.getPicture,
		"GET /api/pictures/{picture}/thumbnail":             h.getThumbnail,
		"GET /api/sample":                                   h.getSample,
		"PUT /api/chats/{chat}/adapter":                     h.chooseAdapter,
		"GET /api/tune":                                     h.getTuning,
		"PUT /api/tune/uploads/{upload}":                    h.putUpload,
		"POST /api/tune/data":                               h.openData,
		"GET /api/tune/data":                                h.getData,
		"PATCH /api/tune/data/rows/{row}":                   h.editRow,
		"POST /api/tune/data/rows/{row}/draft":              h.draftRow,
		"GET /api/tune/data/rows/{row}/picture":             h.rowPicture,
		"POST /api/tune/estimate":                           h.estimateRun,
		"POST /api/tune/import":                             h.importAdapter,
		"POST /api/tune/runs":                               h.startRun,
		"GET /api/tune/runs/{run}":                          h.getRun,
		"PATCH /api/tune/runs/{run}":                        h.keepRun,
		"DELETE /api/tune/runs/{run}":                       h.deleteRun,
		"POST /api/tune/runs/{run}/pause":                   h.pauseRun,
		"POST /api/tune/runs/{run}/stop":                    h.stopRun,
		"POST /api/tune/runs/{run}/resume":                  h.resumeRun,
		"POST /api/tune/runs/{run}/export":                  h.exportRun,
		"GET /api/tune/runs/{run}/checks/{check}/picture":   h.checkPicture,
		"PUT /api/tune/runs/{run}/checks/{check}/thumb":     h.thumbCheck,
		"PUT /api/model":                                    h.chooseModel,
		"GET /api/models":                                   h.listModels,
		"POST /api/models/remove":                           h.removeModel,
		"GET /api/models/search":                            h.searchModels,
		"GET /api/models/offer":                             h.getOffer,
		"POST /api/models/import":                           h.importModel,
		"PUT /api/models/token":                             h.setToken,
		"POST /api/models/tasks":                            h.startTask,
		"POST /api/models/tasks/{task}/{order}":             h.orderTask,
		"GET /api/desk":                                     h.getDesk,
		"PUT /api/place":                                    h.setPlace,
		"PUT /api/drafts/{chat}":                            h.setDraft,
		"GET /api/panel":                                    h.getPanel,
		"POST /api/panel/{step}":                            h.doPanel,
		"GET /api/settings":                                 h.getSettings,
		"PATCH /api/settings":                               h.setSettings,
		"POST /api/erase":                                   h.erase,
		"POST /api/update":                                  h.checkUpdate,
		"POST /api/export":                                  h.export,
		"GET /api/diagnostics":                              h.getDiagnostics,
		"/api/":                                             func(http.ResponseWriter, *http.Request) error { return store.ErrNotFound },
	} {
		mux.Handle(pattern, h.failing(handle))
	}
	mux.Handle("/", pageHandler(h.Page))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})
}

// failing answers an error with its problem. A handler that has begun its response returns nil.
func (h *Handler) failing(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		if err := handle(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, problem := explain(err)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	h.Log.Log(r.Context(), level, "call failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	writeJSON(w, status, Failure{Problem: problem})
}

func (h *Handler) getState(w http.ResponseWriter, r *http.Request) error {
	state := State{Model: h.loader.state(), Version: h.Version}
	if aside := h.Store.SetAside(); aside != "" {
		state.Notice = &Problem{
			Code: "set_aside", Sentence: "Your chats could not be read, so Sightglass began anew.",
			Action: "The damaged file was kept: " + aside,
		}
	}
	writeJSON(w, http.StatusOK, state)
	return nil
}
