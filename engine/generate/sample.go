package generate

import (
	"container/heap"
	"math"
	"math/rand/v2"
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
	seen       []int32 // tokens of the prompt and the answer, each once
	isSeen     map[int32]bool
	original   []float32 // logits of seen, while they are penalised
	candidates likeliest
}

// NewSampler returns a sampler for a sequence that begins with prompt.
func NewSampler(s Sampling, prompt []int32) *Sampler {
	sm := &Sampler{Sampling: s, rng: rand.New(rand.NewPCG(s.Seed, 0)), isSeen: map[int32]bool{}}
	for _, id := range prompt {
		sm.remember(id)
	}
	return sm
}

func (s Sampling) penalises() bool { return s.RepetitionPenalty != 0 && s.RepetitionPenalty != 1 }

func (s *Sampler) remember(id int32) {
	if s.penalises() && !s.isSeen[id] {
		s.isSeen[id] = true
		s.seen = append(s.seen, id)
	}
}

// maxTop is how many of the likeliest tokens are looked for on the device, one after the other. For more, the host looks through all of them.
const maxTop = 64

// Top is how many of the likeliest tokens Next needs to be told, or 0 where it looks at all logits, or at the best alone.
func (s *Sampler) Top() int {
	if s.Temperature > 0 && s.TopK <= maxTop && !s.penalises() {
		return s.TopK
	}
	return 0
}

// Next chooses a token and returns it with its log-probability under the model, before any of the sampling's changes.
func (s *Sampler) Next(c Choice) (id int32, logprob float32) {
	id = c.Best
	if s.penalises() {
		s.penalise(c.Logits)
		id = argmax(c.Logits)
	}
	if s.Temperature > 0 {
		id = s.draw(c, c.Logits[id])
	}
	for i, seen := range s.seen {
		c.Logits[seen] = s.original[i]
	}
	s.remember(id)
	return id, c.Logits[id] - c.LogSum
}

// penalise makes the tokens seen so far less likely, and keeps what they were.
func (s *Sampler) penalise(logits []float32) {
	s.original = s.original[:0]
	for _, id := range s.seen {
		l := logits[id]
		s.original = append(s.original, l)
		if l > 0 {
			logits[id] = l / s.RepetitionPenalty
		} else {
			logits[id] = l * s.RepetitionPenalty
		}
	}
}

// negligible is how far, in units of temperature, a logit may lie below the best before its token is never drawn: such a token is 10⁻⁷ times
// as likely as the best.
const negligible = 16

// draw samples from the softmax of logits/Temperature cut by top-k, top-p and min-p, in that order, as transformers does.
func (s *Sampler) draw(c Choice, best float32) int32 {
	list := s.likeliest(c, best-negligible*s.Temperature)
	if len(list) == 0 { // all logits are NaN
		return argmax(c.Logits)
	}
	var total float64
	for i := range list {
		list[i].p = math.Exp(float64((list[i].logit - best) / s.Temperature))
		total += list[i].p
	}
	if (s.TopP > 0 && s.TopP < 1) || s.MinP > 0 {
		list, total = s.nucleus(list, total)
	}
	at := s.rng.Float64() * total
	for _, c := range list {
		if at -= c.p; at < 0 {
			return c.id
		}
	}
	return list[len(list)-1].id
}

// likeliest are the tokens that top-k keeps, but for those whose logits are below floor.
func (s *Sampler) likeliest(c Choice, floor float32) likeliest {
	list := s.candidates[:0]
	defer func() { s.candidates = list }()
	if n := s.Top(); n > 0 && n <= len(c.Top) {
		for _, id := range c.Top[:n] {
			if id >= 0 && c.Logits[id] >= floor {
				list = append(list, candidate{id: id, logit: c.Logits[id]})
			}
		}
		return list
	}
	for i, l := range c.Logits {
		if l >= floor {
			list = append(list, candidate{id: int32(i), logit: l})
		}
	}
	if s.TopK > 0 && s.TopK < len(list) {
		return list.take(s.TopK)
	}
	return list
}

// nucleus keeps what top-p and min-p leave, and returns it with its total weight.
func (s *Sampler) nucleus(list likeliest, total float64) (likeliest, float64) {
	heap.Init(&list)
	var kept likeliest
	var sum float64
	for len(list) > 0 {
		c := list[0]
		enough := s.TopP > 0 && s.TopP < 1 && sum >= float64(s.TopP)*total
		if len(kept) > 0 && (enough || c.p < float64(s.MinP)*kept[0].p) {
			break
		}
		kept = append(kept, c)
		sum += c.p
		heap.Pop(&list)
	}
	return kept, sum
}

type candidate struct {
	id    int32
	logit float32
	p     float64
}

// likeliest is a heap with the likeliest candidate first; of equal ones, that of the smaller id.
type likeliest []candidate

func (l likeliest) Len() int      { return len(l) }
func (l likeliest) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l likeliest) Less(i, j int) bool {
	return l[i].logit > l[j].logit || (l[i].logit == l[j].logit && l[i].id < l[j].id)
}
func (l *likeliest) Push(c any) { *l = append(*l, c.(candidate)) }
func (l *likeliest) Pop() any {
	last := len(*l) - 1
	c := (*l)[last]
	*l = (*l)[:last]
	return c
}

// take returns the k likeliest.
func (l likeliest) take(k int) likeliest {
	heap.Init(&l)
	top := make(likeliest, k)
	for i := range top {
		top[i] = l[0]
		heap.Pop(&l)
	}
	return top
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
