package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ServeOptions says how a handler is put on the loopback address.
type ServeOptions struct {
	Addr    string // 127.0.0.1:PORT or localhost:PORT; port 0 takes a free one
	Handler http.Handler
	Token   string               // "" makes a new one
	Ready   func(address string) // gets the address to open, token included, once requests are taken
	Log     *slog.Logger
}

// Serve answers requests on 127.0.0.1 until ctx ends, and then until what runs has ended or ten seconds have passed.
// Only a holder of the token reaches /api/: the token in the address is exchanged for a cookie, programs send it as a bearer.
func Serve(ctx context.Context, o ServeOptions) error {
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("api: serve: %w", err)
	}
	if host != "127.0.0.1" && host != "localhost" {
		return fmt.Errorf("api: serve: want an address on 127.0.0.1, found %q", o.Addr)
	}
	if o.Token == "" {
		o.Token = rand.Text()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("api: serve: %w", err)
	}
	g := newGate(listener.Addr().(*net.TCPAddr).Port, o.Token, o.Handler)
	server := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		// Answers end with ctx, so that Shutdown does not wait for them to be whole.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if o.Ready != nil {
		o.Ready(g.address())
	}
	select {
	case err := <-ended:
		return fmt.Errorf("api: serve: %w", err)
	case <-ctx.Done():
	}
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(wait); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("api: serve: %w", err)
	}
	return nil
}

// gate lets through what this machine's user sends: the right Host, no foreign Origin, and under /api/ the token.
// The Host check keeps out names that another site points at 127.0.0.1.
type gate struct {
	port   string
	token  string
	cookie string // its name holds the port, because browsers share cookies between ports
	next   http.Handler
}

func newGate(port int, token string, next http.Handler) *gate {
	p := strconv.Itoa(port)
	return &gate{port: p, token: token, cookie: "sightglass_" + p, next: next}
}

func (g *gate) address() string {
	return "http://127.0.0.1:" + g.port + "/?token=" + url.QueryEscape(g.token)
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if err := g.checkSender(r); err != nil {
		refuse(w, err)
		return
	}
	isCall := r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
	if token := r.URL.Query().Get("token"); token != "" && r.Method == http.MethodGet && !isCall {
		g.exchange(w, r, token)
		return
	}
	if isCall && !g.hasToken(r) {
		refuse(w, errToken)
		return
	}
	g.next.ServeHTTP(w, r)
}

func refuse(w http.ResponseWriter, err error) {
	status, problem := explain(err)
	writeJSON(w, status, Failure{Problem: problem})
}

// checkSender checks the Host, and the Origin where there is one.
func (g *gate) checkSender(r *http.Request) error {
	if !g.isOwn(r.Host) {
		return fmt.Errorf("%w: host %q", errOrigin, r.Host)
	}
	for _, origin := range r.Header.Values("Origin") {
		host, ok := strings.CutPrefix(origin, "http://")
		if !ok || !g.isOwn(host) {
			return fmt.Errorf("%w: origin %q", errOrigin, origin)
		}
	}
	return nil
}

func (g *gate) isOwn(host string) bool {
	return host == "127.0.0.1:"+g.port || host == "localhost:"+g.port
}

// exchange turns the token in an address into a cookie, and leads to the address without it.
func (g *gate) exchange(w http.ResponseWriter, r *http.Request, token string) {
	if !g.isToken(token) {
		refuse(w, errToken)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: g.cookie, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (g *gate) hasToken(r *http.Request) bool {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return g.isToken(bearer)
	}
	cookie, err := r.Cookie(g.cookie)
	return err == nil && g.isToken(cookie.Value)
}

func (g *gate) isToken(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) == 1
}
