package tuner

import (
	"context"
	"time"

	"sightglass/engine"
	"sightglass/engine/train"
	"sightglass/engine/train/dataset"
)

// Measured is what a job would take.
type Measured struct {
	Learn, Check int // examples
	Memory       train.Estimate
	Took         time.Duration // for all of it, looking and comparing too
}

// Measure tries a job on a few of its examples, those with the longest answers. The session's model is not as it was afterwards.
func Measure(ctx context.Context, s *engine.Session, j Job, few int) (m Measured, err error) {
	learn, check, err := j.Rows(func(dataset.Problem) {})
	if err != nil {
		return m, err
	}
	m.Learn, m.Check = len(learn), len(check)
	rows := longest(append(learn[:len(learn):len(learn)], check...), few)
	var asking time.Duration
	if len(rows) > 0 && j.Compare {
		start := time.Now()
		if _, err := Ask(ctx, s, rows[0], 0); err != nil {
			return m, err
		}
		asking = time.Since(start)
	}
	t, err := s.Train(ctx, j.Train.Defaults())
	if err != nil {
		return m, err
	}
	defer t.Close()
	start := time.Now()
	var examples []*train.Example
	for _, r := range rows {
		e, err := Example(ctx, s, r, t.SeesViews(), j.Length)
		if err != nil {
			return m, err
		}
		examples = append(examples, e)
	}
	looking := time.Since(start) / time.Duration(max(len(rows), 1))
	if m.Memory, err = t.Fit(examples); err != nil {
		return m, err
	}
	if m.Memory.Kept > 0 {
		m.Memory.Kept = m.Memory.Kept / len(examples) * (m.Learn + m.Check)
	}
	// The first step plans and reads what is kept, as does each example's first; the second is what all others cost.
	var steps [2]time.Duration
	for i := range steps {
		start := time.Now()
		if _, err := t.Step(ctx, examples[:1]); err != nil {
			return m, err
		}
		steps[i] = time.Since(start)
	}
	all := time.Duration(m.Learn + m.Check)
	m.Took = all*looking + time.Duration(m.Check)*2*asking + all*(steps[0]-steps[1]) +
		time.Duration(j.Train.Steps)*steps[1]*time.Duration(max(j.Train.Batch, 1))
	if j.EvalEvery > 0 {
		m.Took += time.Duration(j.Train.Steps/j.EvalEvery) * (time.Duration(m.Check)*steps[1]/2 + time.Duration(j.Probes)*asking)
	}
	return m, nil
}

// longest are the rows with the longest answers.
func longest(rows []dataset.Row, n int) (list []dataset.Row) {
	for _, r := range rows {
		at := len(list)
		for at > 0 && len(list[at-1].Answer()) < len(r.Answer()) {
			at--
		}
		if at < n {
			list = append(list[:at], append([]dataset.Row{r}, list[at:]...)...)
			list = list[:min(n, len(list))]
		}
	}
	return list
}
