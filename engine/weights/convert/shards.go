package convert

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"sightglass/engine/tensor"
	"sightglass/engine/weights"
)

// writer makes the entries of the files.
type writer struct {
	ctx         context.Context
	src         weights.Source
	progress    func(done, total int64)
	done, total int64
	written     weights.Tensor // of the source, read last
}

func writeShards(ctx context.Context, src weights.Source, modules []module, dir string, progress func(done, total int64)) error {
	w := &writer{ctx: ctx, src: src, progress: progress}
	// Packed weights come first and then larger elements, so that every tensor begins at a multiple of its element.
	modules = slices.Clone(modules)
	order := map[string]int{}
	for _, m := range modules {
		if order[m.name] = -m.typ.DType.Size(); m.affine.Bits > 0 || m.stays() {
			order[m.name] = -8
		}
	}
	slices.SortStableFunc(modules, func(a, b module) int { return order[a.name] - order[b.name] })

	var shards [][]weights.Entry
	size := int64(shardBytes)
	for _, m := range modules {
		entries, err := w.entries(m)
		if err != nil {
			return err
		}
		var bytes int64
		for _, e := range entries {
			bytes += int64(e.Bytes())
		}
		if size+bytes > shardBytes {
			shards, size = append(shards, nil), 0
		}
		shards[len(shards)-1] = append(shards[len(shards)-1], entries...)
		size, w.total = size+bytes, w.total+bytes
	}
	index := map[string]string{}
	for i, entries := range shards {
		file := "model.safetensors"
		if len(shards) > 1 {
			file = fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		}
		if err := weights.Save(filepath.Join(dir, file), map[string]string{"format": "mlx"}, entries); err != nil {
			return err
		}
		for _, e := range entries {
			index[e.Name] = file
		}
	}
	if len(shards) < 2 {
		return nil
	}
	return writeJSON(filepath.Join(dir, "model.safetensors.index.json"), map[string]any{"metadata": map[string]any{"total_size": w.total}, "weight_map": index})
}

// entries are the tensors that a module becomes.
func (w *writer) entries(m module) ([]weights.Entry, error) {
	switch {
	case m.affine.Bits > 0 && !m.stays():
		return w.quantized(m), nil
	case m.change != nil:
		return []weights.Entry{{Name: m.name, Type: m.typ, Data: func() ([]byte, error) {
			t, err := w.floats(m)
			return t.Data, errors.Join(err, w.step(m.typ.Bytes()))
		}}}, nil
	}
	names := []string{m.name}
	if m.packed {
		names = append(names, m.stem()+".scales", m.stem()+".biases")
	}
	var entries []weights.Entry
	for _, name := range names {
		t, err := w.src.Get(name)
		if err != nil {
			return nil, err
		}
		entries = append(entries, weights.Entry{Name: name, Type: t.Type, Data: func() ([]byte, error) {
			t, err := w.get(name)
			return t.Data, errors.Join(err, w.step(len(t.Data)))
		}})
	}
	return entries, nil
}

// get is a tensor of the source. The pages of the one before, which is written by now, are given back: a mapped file would fill the memory
// otherwise, as long as there is any.
func (w *writer) get(name string) (t weights.Tensor, err error) {
	w.written.Forget()
	t, err = w.src.Get(name)
	w.written = t
	return t, err
}

// floats are the numbers of a weight that is not packed, or that is changed.
func (w *writer) floats(m module) (tensor.Array, error) {
	if m.change == nil {
		t, err := w.get(m.name)
		return t.Array, err
	}
	values, err := m.change.Values()
	if err == nil && len(values) != m.typ.Shape.Size() {
		err = fmt.Errorf("%q: want %d numbers, found %d", m.name, m.typ.Shape.Size(), len(values))
	}
	if err != nil {
		return tensor.Array{}, err
	}
	t := tensor.NewArray(m.typ.DType, m.typ.Shape...)
	t.Store(values)
	return t, nil
}

// quantized are words, scales and biases of a matrix. The words, which are written first, make the other two.
func (w *writer) quantized(m module) []weights.Entry {
	a, out, in := m.affine, m.typ.Shape[0], m.typ.Shape[1]
	words := tensor.Type{DType: tensor.U32, Shape: tensor.Shape{out, in * a.Bits / 32}}
	groups := tensor.Type{DType: m.typ.DType, Shape: tensor.Shape{out, in / a.Group}}
	var scales, biases tensor.Array
	return []weights.Entry{
		{Name: m.name, Type: words, Data: func() ([]byte, error) {
			if err := w.step(words.Bytes()); err != nil {
				return nil, err
			}
			t, err := w.floats(m)
			if err != nil {
				return nil, err
			}
			packed := tensor.NewArray(words.DType, words.Shape...)
			scales, biases = tensor.NewArray(groups.DType, groups.Shape...), tensor.NewArray(groups.DType, groups.Shape...)
			if i := quantize(t, a, packed, scales, biases); i >= 0 {
				return nil, fmt.Errorf("%q: want finite numbers, file has NaN or infinity in row %d", m.name, i)
			}
			return packed.Data, nil
		}},
		{Name: m.stem() + ".scales", Type: groups, Data: func() ([]byte, error) { return scales.Data, w.step(groups.Bytes()) }},
		{Name: m.stem() + ".biases", Type: groups, Data: func() ([]byte, error) {
			data := biases.Data
			scales, biases = tensor.Array{}, tensor.Array{}
			return data, w.step(groups.Bytes())
		}},
	}
}

// step counts bytes that are about to be written, and stops when the context does.
func (w *writer) step(bytes int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	w.done += int64(bytes)
	if w.progress != nil {
		w.progress(w.done, w.total)
	}
	return nil
}

// quantize rounds a matrix, some rows on each processor. It returns the number of a row that is not finite, or -1.
func quantize(t tensor.Array, a tensor.Affine, words, scales, biases tensor.Array) int {
	out, parts := t.Shape[0], min(runtime.GOMAXPROCS(0), t.Shape[0])
	bad := make([]int, parts)
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() {
			bad[p] = quantizeRows(t, a, words, scales, biases, p*out/parts, (p+1)*out/parts)
		})
	}
	wait.Wait()
	if i := slices.IndexFunc(bad, func(row int) bool { return row >= 0 }); i >= 0 {
		return bad[i]
	}
	return -1
}

func quantizeRows(t tensor.Array, a tensor.Affine, words, scales, biases tensor.Array, from, to int) int {
	row := tensor.NewArray(t.DType, t.Shape[1]) // aligned, which a row of the file need not be
	w := make([]float32, t.Shape[1])
	for i := from; i < to; i++ {
		copy(row.Data, t.Data[i*len(row.Data):])
		row.Convert(w)
		if slices.ContainsFunc(w, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }) {
			return i
		}
		q, s, b := weights.Quantize(w, a)
		for j, v := range q {
			binary.LittleEndian.PutUint32(words.Data[4*(i*len(q)+j):], v)
		}
		for _, part := range []struct {
			to tensor.Array
			v  []float32
		}{{scales, s}, {biases, b}} {
			n := len(s) * t.DType.Size()
			tensor.Array{Type: tensor.Type{DType: t.DType, Shape: tensor.Shape{len(s)}}, Data: part.to.Data[i*n:][:n]}.Store(part.v)
		}
	}
	return -1
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("convert: %q: %w", filepath.Base(path), err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}
