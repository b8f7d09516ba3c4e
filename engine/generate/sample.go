package generate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Sampling chooses the next token. The zero value is greedy.
type Sampling struct {
	Temperature       float32 // 0: greedy
	TopK              int     // keep the K likeliest; 0: all
	TopP              float32 // keep the likeliest that together reach P; 0 or 1: all
	MinP              float32 // keep those at least P times as likely as the likeliest
	RepetitionPenalty float32 // divide positive and multiply negative logits of tokens seen before; 0 or 1: off (Keskar et al. 2019)
	Seed              uint64
}

// Sampler draws the tokens of one sequence.
type Sampler struct {
	Sampling
	rng        *rand.Rand
	seen       map[int32]bool
	candidates []candidate
}

type candidate struct {
	id    int32
	logit float32
	p     float64
}

// NewSampler returns a sampler for a sequence that begins with prompt.
func NewSampler(s Sampling, prompt []int32) *Sampler {
	sm := &Sampler{Sampling: s, rng: rand.New(rand.NewPCG(s.Seed, 0))}
	if s.penalises() {
		sm.seen = map[int32]bool{}
		for _, id := range prompt {
			sm.seen[id] = true
		}
	}
	return sm
}

func (s Sampling) penalises() bool { return s.RepetitionPenalty != 0 && s.RepetitionPenalty != 1 }

// Next chooses a token and returns it with its log-probability under the model, before any of the sampling's changes.
func (s *Sampler) Next(c Choice) (id int32, logprob float32) {
	id = c.Best
	logit := func(i int32) float32 { return c.Logits[i] }
	original := map[int32]float32{}
	if s.penalises() {
		for i := range s.seen {
			original[i] = c.Logits[i]
			if c.Logits[i] > 0 {
				c.Logits[i] /= s.RepetitionPenalty
			} else {
				c.Logits[i] *= s.RepetitionPenalty
			}
		}
		id = argmax(c.Logits)
		logit = func(i int32) float32 {
			if v, ok := original[i]; ok {
				return v
			}
			return c.Logits[i]
		}
	}
	if s.Temperature > 0 {
		id = s.draw(c.Logits, c.Logits[id])
	}
	if s.seen != nil {
		s.seen[id] = true
	}
	return id, logit(id) - c.LogSum
}

// negligible is how far, in units of temperature, a logit may lie below the best before its token is never drawn: e^-30 of its probability.
const negligible = 30

// draw samples from the softmax of logits/Temperature cut by top-k, top-p and min-p, in that order, as transformers does.
func (s *Sampler) draw(logits []float32, best float32) int32 {
	floor := best - negligible*s.Temperature
	s.candidates = s.candidates[:0]
	for i, l := range logits {
		if l >= floor {
			s.candidates = append(s.candidates, candidate{id: int32(i), logit: l})
		}
	}
	list := s.candidates
	slices.SortFunc(list, func(a, b candidate) int {
		switch {
		case a.logit > b.logit:
			return -1
		case a.logit < b.logit:
			return 1
		}
		return int(a.id - b.id)
	})
	if s.TopK > 0 && s.TopK < len(list) {
		list = list[:s.TopK]
	}
	if len(list) == 0 { // all logits are NaN
		return argmax(logits)
	}
	var total float64
	for i := range list {
		list[i].p = math.Exp(float64((list[i].logit - best) / s.Temperature))
		total += list[i].p
	}
	list, total = s.nucleus(list, total)
	at := s.rng.Float64() * total
	for _, c := range list {
		if at -= c.p; at < 0 {
			return c.id
		}
	}
	return list[len(list)-1].id
}

// nucleus cuts the tail that top-p and min-p leave out and returns the total weight of the rest.
func (s *Sampler) nucleus(list []candidate, total float64) ([]candidate, float64) {
	var sum float64
	for i, c := range list {
		enough := s.TopP > 0 && s.TopP < 1 && sum >= float64(s.TopP)*total
		unlikely := c.p < float64(s.MinP)*list[0].p
		if i > 0 && (enough || unlikely) {
			return list[:i], sum
		}
		sum += c.p
	}
	return list, sum
}

func argmax(v []float32) int32 {
	best := 0
	for i, x := range v {
		if x > v[best] {
			best = i
		}
	}
	return int32(best)
}
