package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"sightglass/app/store"
	"sightglass/engine"
)

const (
	// maxPictures bounds one question.
	maxPictures = 16
	// titleRunes is how much of a first question names its chat.
	titleRunes = 48
)

// running is an answer in the making, or another change to a chat's thread that must not meet one.
type running struct {
	cancel context.CancelFunc
	finish func()        // gives the chat back; more than once is as good as once
	ended  chan struct{} // closed once all is stored

	mu     sync.Mutex
	answer string // id of the answer
	text   strings.Builder
}

// show puts the answer so far in the place of what is stored of it.
func (run *running) show(m *Message) {
	run.mu.Lock()
	defer run.mu.Unlock()
	if m.ID == run.answer {
		m.Running, m.Stopped, m.Problem, m.Text = true, false, nil, run.text.String()
	}
}

func (run *running) append(text string) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.text.WriteString(text)
}

func (h *Handler) runningIn(chat string) *running {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running[chat]
}

// begin claims a chat until run.finish. The context ends with ctx, with a stop, and with the handler.
func (h *Handler) begin(ctx context.Context, chat string) (context.Context, *running, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running[chat] != nil {
		return nil, nil, errBusy
	}
	if err := h.life.Err(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	unlink := context.AfterFunc(h.life, cancel)
	run := &running{cancel: cancel, ended: make(chan struct{})}
	run.finish = sync.OnceFunc(func() {
		unlink()
		cancel()
		h.mu.Lock()
		delete(h.running, chat)
		h.mu.Unlock()
		close(run.ended)
		h.working.Done()
	})
	h.running[chat] = run
	h.working.Add(1)
	return ctx, run, nil
}

// stopAnswer stops what runs in a chat and waits until it is stored.
func (h *Handler) stopAnswer(ctx context.Context, chat string) error {
	run := h.runningIn(chat)
	if run == nil {
		return nil
	}
	run.cancel()
	select {
	case <-run.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Handler) stop(w http.ResponseWriter, r *http.Request) error {
	if err := h.stopAnswer(r.Context(), r.PathValue("chat")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[Ask](w, r)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(body.Text)
	if text == "" && len(body.Pictures) == 0 {
		return errEmpty
	}
	attached, err := h.attach(body.Pictures)
	if err != nil {
		return err
	}
	turn := store.Turn{From: body.Replace, Title: titleOf(text, attached), Messages: []store.Message{
		{Role: store.User, Text: text, Pictures: attached},
	}}
	return h.answer(w, r, func(thread []store.Message) (store.Turn, error) {
		if i := indexOf(thread, body.Replace); body.Replace != "" && (i < 0 || thread[i].Role != store.User) {
			return turn, fmt.Errorf("api: question %q: %w", body.Replace, store.ErrNotFound)
		}
		return turn, nil
	})
}

func (h *Handler) regenerate(w http.ResponseWriter, r *http.Request) error {
	body, err := readJSON[Regenerate](w, r)
	if err != nil {
		return err
	}
	return h.answer(w, r, func(thread []store.Message) (store.Turn, error) {
		i := indexOf(thread, body.Message)
		if i < 0 {
			return store.Turn{}, fmt.Errorf("api: message %q: %w", body.Message, store.ErrNotFound)
		}
		if thread[i].Role == store.User {
			i++
		} else if i == 0 || thread[i-1].Role != store.User {
			return store.Turn{}, fmt.Errorf("api: question of answer %q: %w", body.Message, store.ErrNotFound)
		}
		if i == len(thread) {
			return store.Turn{}, nil
		}
		return store.Turn{From: thread[i].ID}, nil
	})
}

// attach checks that pictures are stored and returns them as a message holds them.
func (h *Handler) attach(ids []string) (attached []store.Attachment, err error) {
	if len(ids) > maxPictures {
		return nil, errManyParts
	}
	for _, id := range ids {
		p, err := h.Store.Picture(id)
		if err != nil {
			return nil, err
		}
		attached = append(attached, store.Attachment{Picture: id, Name: p.Name})
	}
	return attached, nil
}

// answer changes the chat's end as plan says for its thread, adds an answer, and streams it as it is generated.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, plan func([]store.Message) (store.Turn, error)) error {
	chat := r.PathValue("chat")
	ctx, run, err := h.begin(r.Context(), chat)
	if err != nil {
		return err
	}
	h.tellBusy()
	defer h.tellBusy()
	defer run.finish()
	_, thread, err := h.Store.Chat(chat)
	if err != nil {
		return err
	}
	turn, err := plan(thread)
	if err != nil {
		return err
	}
	// Stored as stopped, and without details, until it is done: so a crash leaves it, and wireMessage tells.
	turn.Messages = append(turn.Messages, store.Message{Role: store.Assistant, Stopped: true})
	added, err := h.Store.AddTurn(chat, turn)
	if err != nil {
		return err
	}
	run.mu.Lock()
	run.answer = added[len(added)-1].ID
	run.mu.Unlock()
	record, thread, err := h.Store.Chat(chat)
	if err != nil {
		return err
	}

	out := newStream(w, run.cancel)
	for _, m := range added {
		h.sendMessage(out, run, m)
	}
	thread = thread[:len(thread)-1]
	result, err := h.generate(ctx, run, out, record, thread)
	h.conclude(ctx, conclusion{chat, run, out, thread, added[len(added)-1]}, result, err)
	return nil
}

// sendMessage sends a question or the answer that begins.
func (h *Handler) sendMessage(out *stream, run *running, m store.Message) {
	wire, err := h.wireMessage(m)
	if err != nil {
		h.Log.Error("send message", "message", m.ID, "error", err)
		return
	}
	run.show(&wire)
	kind := KindQuestion
	if m.Role == store.Assistant {
		kind = KindAnswer
	}
	out.send(Event{Kind: kind, Message: &wire})
}

// generate waits for the model and for its turn, then lets the model answer the thread's last question.
func (h *Handler) generate(ctx context.Context, run *running, out *stream, chat store.Chat, thread []store.Message) (engine.Result, error) {
	model, err := h.guard(ctx, func(s Stage) { out.send(Event{Kind: KindStage, Stage: s}) })
	if err != nil {
		return engine.Result{}, err
	}
	defer model.done()
	if err := h.use(ctx, model.Answerer, chat.Adapter); err != nil {
		return engine.Result{}, err
	}
	request := h.Request
	if request.MaxTokens == 0 {
		request.MaxTokens = longest[h.preferences().Length]
	}
	request.System = h.preferences().system(h.loader.inUse().ID)
	if request.Messages, err = h.conversation(thread); err != nil {
		return engine.Result{}, err
	}
	return model.Generate(ctx, request, func(e engine.Event) {
		if e.Stage != "" {
			out.send(Event{Kind: KindStage, Stage: Stage(e.Stage)})
		}
		if e.Text != "" {
			run.append(e.Text)
			out.send(Event{Kind: KindToken, Text: e.Text})
		}
	})
}

// conversation is a thread as the engine takes it: pictures before words, without the answers that have no words.
func (h *Handler) conversation(thread []store.Message) (messages []engine.Message, err error) {
	for _, m := range thread {
		message := engine.Message{Role: engine.Role(m.Role)}
		for _, a := range m.Pictures {
			data, err := h.Store.PictureData(a.Picture)
			if err != nil {
				return nil, err
			}
			message.Parts = append(message.Parts, engine.Part{Picture: data})
		}
		text := m.Text
		if text == "" && len(m.Pictures) > 0 {
			text = wordless(len(m.Pictures))
		}
		if text == "" {
			continue
		}
		message.Parts = append(message.Parts, engine.Part{Text: text})
		messages = append(messages, message)
	}
	return messages, nil
}

// wordless is what a question without words asks about its pictures.
func wordless(pictures int) string {
	if pictures == 1 {
		return "Describe this picture."
	}
	return "Describe these pictures."
}

// conclusion is where an answer goes once it has ended.
type conclusion struct {
	chat   string
	run    *running
	out    *stream
	thread []store.Message // up to the question
	answer store.Message
}

// conclude stores how an answer ended, with what there is of it, and sends it.
func (h *Handler) conclude(ctx context.Context, to conclusion, result engine.Result, err error) {
	d := details{Stats: stats(result)}
	changed := []store.Message{to.answer}
	answer := &changed[0]
	answer.Text = to.run.text.String()
	answer.Stopped = result.Finish == engine.FinishCancelled || err != nil && ctx.Err() != nil
	var problem *Problem
	switch {
	case err == nil && !answer.Stopped:
		answer.Text = result.Text
	case err != nil && !answer.Stopped:
		h.Log.Error("answer", "chat", to.chat, "error", err)
		_, p := explain(err)
		problem, d.Problem = &p, &p
	}
	answer.Details = encode(d)

	question := to.thread[len(to.thread)-1]
	if seen := result.Pictures; len(seen) > 0 && len(seen) >= len(question.Pictures) {
		question.Details = encode(details{Seen: wireSeen(seen[len(seen)-len(question.Pictures):])})
		changed = append(changed, question)
	}
	if err := h.Store.SetMessages(to.chat, changed...); err != nil {
		h.Log.Error("store answer", "chat", to.chat, "error", err)
		_, p := explain(err)
		problem = &p
	}
	to.run.finish() // before the last event: who reads it may ask again at once
	defer func() { h.tellAnswer(to.chat, *answer, problem != nil) }()
	wire, err := h.wireMessage(*answer)
	if err != nil {
		h.Log.Error("send answer", "chat", to.chat, "error", err)
	}
	if problem != nil {
		wire.Problem = problem
		to.out.send(Event{Kind: KindError, Problem: problem, Message: &wire})
		return
	}
	to.out.send(Event{Kind: KindDone, Message: &wire})
}

func encode(d details) json.RawMessage {
	data, err := json.Marshal(d)
	if err != nil {
		panic(err) // no value of details can fail
	}
	return data
}

func wireSeen(seen []engine.Seen) (wire []Seen) {
	for _, s := range seen {
		wire = append(wire, Seen(s))
	}
	return wire
}

// stats is nil for an answer that never began.
func stats(r engine.Result) *Stats {
	if r.Finish == "" {
		return nil
	}
	t := r.Timings
	if math.IsNaN(t.DecodeTokensPerS) || math.IsInf(t.DecodeTokensPerS, 0) {
		t.DecodeTokensPerS = 0 // JSON has no such numbers
	}
	return &Stats{
		PromptTokens: len(r.PromptIDs), Tokens: len(r.Tokens),
		FirstTokenMS: ms(t.FirstToken), VisionMS: ms(t.Vision), PrefillMS: ms(t.Prefill),
		DecodeTokensPS: t.DecodeTokensPerS, FinishReason: string(r.Finish),
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// titleOf names a chat by the first words of a question, or by its first picture.
func titleOf(text string, attached []store.Attachment) string {
	if title := oneLine(text, titleRunes); title != "" {
		return title
	}
	if len(attached) > 0 && attached[0].Name != "" {
		return oneLine(attached[0].Name, titleRunes)
	}
	return "Picture"
}

func indexOf(thread []store.Message, id string) int {
	return slices.IndexFunc(thread, func(m store.Message) bool { return m.ID == id })
}
