package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sightglass/engine/tensor"
)

// GGUFGroup is the group of the affine form of quantized GGUF tensors: the values in a block of Q4_0, Q4_1 and Q8_0.
const GGUFGroup = 32

// ggufKind is an element type of ggml: floating-point, or blocks of blockBytes that repack into affine groups.
type ggufKind struct {
	name       string
	dtype      tensor.DType
	bits       int
	blockBytes int
}

// ggufKinds are those that are read.
var ggufKinds = map[uint32]ggufKind{
	0: {name: "F32", dtype: tensor.F32}, 1: {name: "F16", dtype: tensor.F16}, 30: {name: "BF16", dtype: tensor.BF16},
	2: {name: "Q4_0", bits: 4, blockBytes: 18}, 3: {name: "Q4_1", bits: 4, blockBytes: 20}, 8: {name: "Q8_0", bits: 8, blockBytes: 34},
}

// ggufModules are llama.cpp's names of a layer's modules, and Hugging Face's.
var ggufModules = map[string]string{
	"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
	"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
	"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}

// GGUF is a mapped llama.cpp file of the llama architecture, with Hugging Face's tensor names and order of rows. Blocks of Q4_0, Q4_1 and
// Q8_0 become affine groups of 32 with the same values; they are repacked into memory of their own when first asked for.
type GGUF struct {
	Metadata  Metadata
	file      []byte
	tensors   map[string]*ggufTensor // by the names that Names lists
	mu        sync.Mutex
	repacked  map[string]Tensor
	allocated [][]byte
}

// OpenGGUF opens a GGUF file, version 2 or 3.
func OpenGGUF(path string) (*GGUF, error) {
	file, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	g, err := newGGUF(file)
	if err != nil {
		unmap(file)
		return nil, fmt.Errorf("weights: %q: %w", filepath.Base(path), err)
	}
	return g, nil
}

func newGGUF(file []byte) (*GGUF, error) {
	meta, tensors, err := parseGGUF(file)
	if err != nil {
		return nil, err
	}
	if arch := meta["general.architecture"]; arch != "llama" {
		return nil, fmt.Errorf("want a GGUF file of architecture \"llama\", file has %q", arch)
	}
	g := &GGUF{Metadata: meta, file: file, tensors: map[string]*ggufTensor{}, repacked: map[string]Tensor{}}
	for _, t := range tensors {
		name, ok := hfName(t.name)
		if !ok {
			continue // rope_freqs and the like: tables that the model computes itself
		}
		if g.tensors[name] != nil {
			return nil, fmt.Errorf("%q: want it once, header has it twice", t.name)
		}
		if _, err := g.heads(t); err != nil {
			return nil, fmt.Errorf("%q: %w", t.name, err)
		}
		g.tensors[name] = t
		if ggufKinds[t.kind].bits > 0 {
			stem := strings.TrimSuffix(name, "weight")
			g.tensors[stem+"scales"], g.tensors[stem+"biases"] = t, t
		}
	}
	return g, nil
}

// hfName is the Hugging Face name of a llama.cpp tensor.
func hfName(name string) (string, bool) {
	switch name {
	case "token_embd.weight":
		return "model.embed_tokens.weight", true
	case "output_norm.weight":
		return "model.norm.weight", true
	case "output.weight":
		return "lm_head.weight", true
	}
	p := strings.Split(name, ".")
	if len(p) != 4 || p[0] != "blk" || ggufModules[p[2]] == "" || (p[3] != "weight" && p[3] != "bias") {
		return "", false
	}
	return "model.layers." + p[1] + "." + ggufModules[p[2]] + "." + p[3], true
}

// bytes is the size of the tensor's data.
func (t *ggufTensor) bytes() (int, error) {
	k, ok := ggufKinds[t.kind]
	if !ok {
		return 0, fmt.Errorf("want F32, F16, BF16, Q4_0, Q4_1 or Q8_0, file has ggml type %d", t.kind)
	}
	if k.bits == 0 {
		return sizeOf(t.shape, k.dtype.Size())
	}
	if len(t.shape) != 2 || t.shape[1]%GGUFGroup != 0 {
		return 0, fmt.Errorf("want a matrix with rows of a multiple of %d, file has %s %v", GGUFGroup, k.name, tensor.Shape(t.shape))
	}
	return sizeOf([]int{t.shape[0], t.shape[1] / GGUFGroup}, k.blockBytes)
}

// heads is how many heads the rows of q and k are to be put in order for; 0 for other tensors.
func (g *GGUF) heads(t *ggufTensor) (int, error) {
	var key string
	switch {
	case strings.Contains(t.name, ".attn_q."):
		key = "llama.attention.head_count"
	case strings.Contains(t.name, ".attn_k."):
		key = "llama.attention.head_count_kv"
		if _, ok := g.Metadata[key]; !ok { // as many as of q
			key = "llama.attention.head_count"
		}
	default:
		return 0, nil
	}
	n, _ := g.Metadata[key].(int64)
	if n <= 0 || len(t.shape) == 0 || int64(t.shape[0])%(2*n) != 0 {
		return 0, fmt.Errorf("want rows for an even head size, file has %v and %d heads", tensor.Shape(t.shape), n)
	}
	return int(n), nil
}

// Names lists the tensors by their Hugging Face names; quantized ones have a weight, scales and biases.
func (g *GGUF) Names() []string { return slices.Sorted(maps.Keys(g.tensors)) }

// Get returns a tensor. Its memory is the file's, or the GGUF's own where values or rows had to be put in another order.
func (g *GGUF) Get(name string) (Tensor, error) {
	t := g.tensors[name]
	if t == nil {
		return Tensor{}, missing(name)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if got, ok := g.repacked[name]; ok {
		return got, nil
	}
	got, err := g.load(name, t)
	if err == nil {
		err = finite(name, got.Array)
	}
	if err != nil {
		return Tensor{}, err
	}
	g.repacked[name] = got
	return got, nil
}

func (g *GGUF) load(name string, t *ggufTensor) (Tensor, error) {
	k := ggufKinds[t.kind]
	heads, err := g.heads(t)
	if err != nil {
		return Tensor{}, err
	}
	if k.bits == 0 && heads == 0 {
		return Tensor{tensor.Array{Type: tensor.Type{DType: k.dtype, Shape: t.shape}, Data: t.data}, g.file}, nil
	}
	typ, suffix := tensor.Type{DType: k.dtype, Shape: t.shape}, name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case k.bits == 0:
	case suffix == "weight":
		typ = tensor.Type{DType: tensor.U32, Shape: tensor.Shape{t.shape[0], t.shape[1] * k.bits / 32}}
	default:
		typ = tensor.Type{DType: tensor.F16, Shape: tensor.Shape{t.shape[0], t.shape[1] / GGUFGroup}}
	}
	memory, err := allocate(typ.Bytes())
	if err != nil {
		return Tensor{}, err
	}
	g.allocated = append(g.allocated, memory)
	rows := t.shape[0]
	from, to := len(t.data)/max(rows, 1), typ.Bytes()/max(rows, 1)
	for i := range rows {
		src := t.data[unpermuted(i, rows, heads)*from:][:from]
		dst := memory[i*to:][:to]
		if k.bits == 0 {
			copy(dst, src)
		} else {
			k.repack(dst, src, suffix)
		}
	}
	return Tensor{tensor.Array{Type: typ, Data: memory}, memory}, nil
}

// unpermuted is the row of the file that belongs at row i. llama.cpp interleaves the two halves of each head of q and k for its rope.
func unpermuted(i, rows, heads int) int {
	if heads == 0 {
		return i
	}
	dim := rows / heads
	head, at := i/dim, i%dim
	return head*dim + at%(dim/2)*2 + at/(dim/2)
}

// repack writes the words, the scales or the biases of a row of blocks. A block holds d (f16), for Q4_1 also m (f16), then its values:
//
//	Q4_0  d*(q-8) = d*q + -8d         value j in the low and j+16 in the high half of byte j
//	Q4_1  d*q + m                     likewise
//	Q8_0  d*q     = d*(q+128) + -128d  signed bytes
//
// Multiplying d by a power of two is exact; where it overflows Get reports it.
func (k ggufKind) repack(dst, src []byte, part string) {
	head := k.blockBytes - GGUFGroup*k.bits/8
	for b := 0; b*k.blockBytes < len(src); b++ {
		block := src[b*k.blockBytes:][:k.blockBytes]
		d, q := binary.LittleEndian.Uint16(block), block[head:]
		switch {
		case part == "scales":
			binary.LittleEndian.PutUint16(dst[2*b:], d)
		case part == "biases" && k.name == "Q4_1":
			copy(dst[2*b:], block[2:4])
		case part == "biases" && k.name == "Q4_0":
			binary.LittleEndian.PutUint16(dst[2*b:], tensor.FloatToHalf(-8*tensor.HalfToFloat(d)))
		case part == "biases":
			binary.LittleEndian.PutUint16(dst[2*b:], tensor.FloatToHalf(-128*tensor.HalfToFloat(d)))
		case k.name == "Q8_0":
			for j, v := range q { // q+128 of a signed byte flips its highest bit
				dst[32*b+j] = v ^ 0x80
			}
		default:
			for j := range 8 { // two values to a byte, the first one low
				dst[16*b+j] = q[2*j]&15 | q[2*j+1]<<4
				dst[16*b+8+j] = q[2*j]>>4 | q[2*j+1]&0xf0
			}
		}
	}
}

// Close releases the file and all that was repacked from it.
func (g *GGUF) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	errs := []error{unmap(g.file)}
	for _, memory := range g.allocated {
		errs = append(errs, unmap(memory))
	}
	g.file, g.tensors, g.repacked, g.allocated = nil, nil, nil, nil
	return errors.Join(errs...)
}
