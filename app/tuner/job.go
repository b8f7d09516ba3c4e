// Package tuner trains adapters for the command and for the window: it reads the data, trains, keeps what a run needs to go on, and asks the base
// and the tuned model the same questions.
package tuner

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"sightglass/engine"
	"sightglass/engine/train"
	"sightglass/engine/train/dataset"
)

// Job says what is trained, on what, and how. It is kept with the adapter, so that a run goes on after a quit.
type Job struct {
	Name       string // of the adapter
	Folder     string // where a model with whole weights is written; "": an adapter is made
	Model      string // what the base is called
	Base       string // its fingerprint
	Note       string
	Data       string // folder or table
	Edits      dataset.Edits
	LeftOut    []string // sources of rows that are not used
	SkipBad    bool     // leave bad rows out, rather than refuse the data
	Train      train.Options
	Passes     int     // over the data, where Train has no steps
	Validation float64 // share of the rows that are kept apart, unless the data has some
	EvalEvery  int     // steps between losses on validation
	SaveEvery  int     // steps between stored states
	Length     int     // tokens that an example may have
	Init       string  // file of start values, "" for the usual ones
	Compare    bool    // ask the base before and the tuned model after about the rows of validation
	Probes     int     // how many of them are asked at each checkpoint, too
}

// Rows reads the job's data. problem is told of each bad row, which ends in an error unless bad rows are left out.
func (j *Job) Rows(problem func(dataset.Problem)) (learn, check []dataset.Row, err error) {
	set, err := dataset.Read(j.Data, j.Edits)
	if err != nil {
		return nil, nil, err
	}
	apart, err := dataset.Validation(j.Data, j.Edits)
	if err != nil {
		return nil, nil, err
	}
	if learn, err = j.good(set, problem); err != nil {
		return nil, nil, err
	}
	if apart != nil {
		check, err = j.good(apart, problem)
		return learn, check, err
	}
	r := rand.New(rand.NewPCG(j.Train.Seed, 0))
	r.Shuffle(len(learn), func(a, b int) { learn[a], learn[b] = learn[b], learn[a] })
	n := int(float64(len(learn)) * j.Validation)
	return learn[n:], learn[:n], nil
}

func (j *Job) good(set *dataset.Set, problem func(dataset.Problem)) (rows []dataset.Row, err error) {
	left := map[string]bool{}
	for _, source := range j.LeftOut {
		left[source] = true
	}
	bad := 0
	for _, p := range set.Problems {
		if !left[p.Source] {
			problem(p)
			bad++
		}
	}
	if bad > 0 && !j.SkipBad {
		return nil, errBadRows(bad)
	}
	for _, r := range set.Rows {
		if !left[r.Source] {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func errBadRows(n int) error { return fmt.Errorf("tuner: %w: %d", ErrBadRows, n) }

// maxPicture is the largest picture file that is read, in bytes.
const maxPicture = 256 << 20

// Messages reads the pictures of a row.
func Messages(r dataset.Row) ([]engine.Message, error) {
	var list []engine.Message
	for _, m := range r.Messages {
		out := engine.Message{Role: engine.Role(m.Role)}
		for _, p := range m.Parts {
			part := engine.Part{Text: p.Text}
			if p.Picture != "" {
				data, err := ReadPicture(p.Picture)
				if err != nil {
					return nil, err
				}
				part = engine.Part{Picture: data}
			}
			out.Parts = append(out.Parts, part)
		}
		list = append(list, out)
	}
	return list, nil
}

// ReadPicture reads a picture file of bounded size.
func ReadPicture(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPicture+1))
	if err == nil && len(data) > maxPicture {
		err = fmt.Errorf("tuner: %q: want a picture of at most %d MB, found more", name, maxPicture>>20)
	}
	return data, err
}

// Answerer answers one request.
type Answerer interface {
	Generate(ctx context.Context, request engine.Request, emit func(engine.Event)) (engine.Result, error)
}

// answerTokens bounds an answer to a row: twice what was wanted in bytes, as a token is at least one, and room to begin with.
func answerTokens(want string) int { return min(2*len(want)+16, 512) }

// Ask answers the last question of a row in at most so many tokens, 0: as the length of its answer asks for.
func Ask(ctx context.Context, a Answerer, r dataset.Row, tokens int) (string, error) {
	m, err := Messages(r)
	if err != nil {
		return "", err
	}
	for len(m) > 0 && m[len(m)-1].Role == engine.Assistant {
		m = m[:len(m)-1]
	}
	if tokens == 0 {
		tokens = answerTokens(r.Answer())
	}
	result, err := a.Generate(ctx, engine.Request{Messages: m, MaxTokens: tokens}, func(engine.Event) {})
	return strings.TrimSpace(result.Text), err
}

func encode(v any) (json.RawMessage, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("tuner: %w", err)
	}
	return data, nil
}
