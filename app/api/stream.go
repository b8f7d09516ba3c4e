package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// writeWait is how long a page may leave an event unread: one that sleeps must not hold the model.
const writeWait = 30 * time.Second

// stream sends events as NDJSON, each as soon as it is there. It is safe for concurrent use.
type stream struct {
	mu     sync.Mutex
	w      *http.ResponseController
	json   *json.Encoder
	broken func() // called once when nobody reads any more
	closed bool
}

// newStream begins a response of events.
func newStream(w http.ResponseWriter, broken func()) *stream {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	return &stream{w: http.NewResponseController(w), json: json.NewEncoder(w), broken: broken}
}

// send writes one event. After the first that fails the rest are dropped.
func (s *stream) send(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	// The window's own writer has no deadlines; there a page that is gone fails the write.
	_ = s.w.SetWriteDeadline(time.Now().Add(writeWait))
	err := s.json.Encode(e)
	if err == nil {
		err = s.w.Flush()
	}
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.closed = true
		s.broken()
	}
}
