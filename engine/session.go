package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sightglass/engine/adapter"
	"sightglass/engine/chat"
	"sightglass/engine/device"
	"sightglass/engine/families"
	"sightglass/engine/generate"
	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/nn"
	"sightglass/engine/tensor"
	"sightglass/engine/token"
	"sightglass/engine/train"
	"sightglass/engine/weights"
)

var (
	// ErrTooLong is returned when a prompt does not fit the context.
	ErrTooLong = errors.New("the conversation is too long for the model")
	// ErrNoVision is returned when a picture is given to a model that does not see.
	ErrNoVision = errors.New("the model does not look at pictures")
	// ErrDiverged is returned when the model's numbers are no longer numbers: weights that are damaged.
	ErrDiverged = errors.New("the model computes no numbers")
)

// Options are how a model is opened. The zero value is right for a person's questions.
type Options struct {
	Adapter string // folder of a LoRA adapter, "" for none
	Tuned   string // folder of another one, trained on the model with Adapter; "" for none
	Context int    // positions; 0: the model's own, at most DefaultContext
	Slots   int    // conversations whose cache is kept, and answers that may be written at once; 0: 2
	// Exact keeps everything in f32 where the default trades accuracy that answers do not show for speed: activations against quantized
	// weights in 8 bits and against those in bf16 in bf16, the cache in 16.
	Exact bool
	// CacheBits is the size of a number of the cache: 8, 16 or 32; 0: 16, or 32 where Exact. With 8 a conversation takes half the memory;
	// docs/performance.md says what that does to answers.
	CacheBits int
	// NoLookup writes one token a step, where otherwise, if the device allows, what followed the same tokens before is guessed and several
	// are checked in one: answers are the same to the bit.
	NoLookup bool
	// Limits bounds the pictures that are read.
	Limits image.Limits
	// MaxPixels bounds the pixels of a picture after scaling, for families that see pictures of any size; 0: the family's own limit. In any case
	// a picture takes at most half of the context.
	MaxPixels int64
	// Memory is how many bytes the model may take; 0: what the machine has.
	Memory int64
}

// DefaultContext is the largest context that is opened unless asked for: 8192 positions.
const DefaultContext = 8192

// Session is an open model on a device. Its methods may be called from any goroutine; requests take turns.
type Session struct {
	Name string
	Load time.Duration
	// Notes say what the model's folder lacks, and what stands in for it.
	Notes []string
	// Budget is the memory that the model takes.
	Budget Budget

	mu       chan struct{} // holds one value while no request runs
	dev      *memory
	dir      string
	family   model.Family
	opts     Options
	model    model.Model
	source   weights.Source
	tok      *token.Tokenizer
	template *chat.Template
	whole    bool // the template writes what the tokenizer otherwise puts around a text
	stops    map[int32]bool
	bos, eos string
	scratch  *graph.Scratch
	eyes     *eyes
	own      map[*nn.Linear]int // how many adapters the model was opened with
	used     *memory            // of the adapter that Use put on it
	sees     bool               // the way from pictures to features is trained
	trained  []*train.Param     // weights of the model itself
	writer   *generate.Writer
	close    sync.Once
}

// Open reads the model in a folder of the Hugging Face layout. The device stays the caller's.
func Open(ctx context.Context, dev device.Device, dir string, opts Options) (*Session, error) {
	start := time.Now()
	if !slices.Contains([]int{0, 8, 16, 32}, opts.CacheBits) {
		return nil, fmt.Errorf("engine: cache: want numbers of 8, 16 or 32 bits, found %d", opts.CacheBits)
	}
	s := &Session{Name: filepath.Base(dir), dir: dir, mu: make(chan struct{}, 1), dev: &memory{Device: dev}, opts: opts, scratch: &graph.Scratch{},
		used: &memory{Device: dev}}
	if err := s.open(ctx, dir); err != nil {
		s.Close()
		return nil, err
	}
	s.Load = time.Since(start)
	s.mu <- struct{}{}
	return s, nil
}

func (s *Session) open(ctx context.Context, dir string) error {
	f, err := readFolder(dir)
	if err != nil {
		return err
	}
	if s.family, err = families.Find(f.architecture); err != nil {
		return err
	}
	if s.model, err = s.family.New(f.Files); err != nil {
		return err
	}
	s.dev.wide = s.model.Info().Wide
	if s.source, err = weights.Open(dir); err != nil {
		return err
	}
	if err := weights.Bind(s.dev, s.model, s.source, s.family.Rename); err != nil {
		return err
	}
	s.own = map[*nn.Linear]int{}
	for _, dir := range []string{s.opts.Adapter, s.opts.Tuned} {
		if dir != "" {
			if err := adapter.Attach(s.dev, s.model, dir, s.family.Rename); err != nil {
				return err
			}
		}
	}
	nn.EachLinear(s.model, func(_ string, l *nn.Linear) {
		l.Exact = s.opts.Exact
		s.own[l] = len(l.LoRA)
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.tok, err = token.Open(dir); err != nil {
		return err
	}
	if s.tok.Size() > s.model.Info().Vocab {
		return fmt.Errorf("engine: tokenizer.json: want ids below %d, found %d", s.model.Info().Vocab, s.tok.Size()-1)
	}
	if s.template, err = chat.Open(dir); errors.Is(err, chat.ErrNoTemplate) && s.family.Template != "" {
		s.whole = true
		s.template, err = chat.Parse(s.family.Template)
	}
	if err != nil {
		return err
	}
	s.Notes = f.notes(s.model)
	s.stops, s.bos, s.eos = f.stops(s.tok), f.bosToken, f.eosToken
	return s.prepare()
}

// prepare makes what runs the model, if there is the memory.
func (s *Session) prepare() (err error) {
	slots, length := s.opts.room(s.model.Info())
	if s.Budget, err = s.budget(); err != nil {
		return err
	}
	have := MachineMemory()
	if s.opts.Memory > 0 {
		have = s.opts.Memory
	}
	if err := s.Budget.check(have); err != nil {
		return err
	}
	dec, err := generate.NewDecoder(s.dev, s.model, s.scratch, slots, length, s.opts.cacheType())
	if err != nil {
		return err
	}
	s.writer = generate.NewWriter(dec, !s.opts.NoLookup)
	if v := s.model.Vision(); v != nil {
		s.eyes = &eyes{dev: s.dev, vision: v, scratch: s.scratch, limits: s.opts.Limits, programs: map[model.Geometry]*encoder{},
			numbers: map[pictureKey]int32{}, seen: map[int32]*sight{}}
	}
	return s.writer.Ready(s.dev.ready(), s.eyes != nil)
}

// room is how many conversations of how many positions are made room for.
func (o Options) room(info model.Info) (slots, length int) {
	slots, length = 2, min(info.Context, DefaultContext)
	if o.Context > 0 {
		length = min(info.Context, o.Context)
	}
	if o.Slots > 0 {
		slots = o.Slots
	}
	return slots, length
}

func (o Options) cacheType() tensor.DType {
	switch {
	case o.CacheBits == 8:
		return tensor.I8
	case o.CacheBits == 32, o.CacheBits == 0 && o.Exact:
		return tensor.F32
	}
	return tensor.F16
}

// Vision reports whether the model looks at pictures.
func (s *Session) Vision() bool { return s.eyes != nil }

// Context is how many tokens a conversation may have.
func (s *Session) Context() int { return s.writer.Cache.Len }

// Close waits for running requests and frees the model.
func (s *Session) Close() error {
	s.close.Do(func() {
		if s.writer != nil {
			<-s.mu
			s.writer.Close()
		}
		s.scratch.Free()
		s.used.free()
		s.dev.free()
		if s.tok != nil {
			s.tok.Close()
		}
		if s.source != nil {
			s.source.Close()
		}
	})
	return nil
}

// lock waits for the running request, or the end of ctx.
func (s *Session) lock(ctx context.Context) error {
	select {
	case <-s.mu:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Session) unlock() { s.mu <- struct{}{} }

// pictureKey identifies what the model sees of a picture: by content and way of looking, never by path.
type pictureKey struct {
	content [sha256.Size]byte
	look    string
}
