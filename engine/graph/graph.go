// Package graph holds computations as graphs of ops, plans them into programs of a device, and differentiates them. It knows no op in
// particular: those are in package op.
package graph

import (
	"sightglass/engine/device"
	"sightglass/engine/tensor"
)

// Node is a tensor in a graph: the result of an op, an input that the host fills before each run, or memory that outlives the runs.
type Node struct {
	Op   Op // nil for inputs and memory
	In   []*Node
	Type tensor.Type
	Name string

	memory  device.Slice // of a Param, once bound
	kind    kind
	anyType bool
	wide    bool
}

type kind uint8

const (
	kindOp kind = iota
	kindInput
	kindParam
)

// Input is a tensor that the host fills before each run.
func Input(name string, d tensor.DType, shape ...int) *Node {
	return &Node{Type: tensor.Type{DType: d, Shape: shape}, Name: name, kind: kindInput}
}

// WideInput is an f32 Input that stays so where a device computes in another type: a table that an op reads as it is.
func WideInput(name string, shape ...int) *Node {
	n := Input(name, tensor.F32, shape...)
	n.wide = true
	return n
}

// Param is a tensor whose memory outlives the runs: a weight, or a KV cache. Bind gives it that memory.
func Param(name string, d tensor.DType, shape ...int) *Node {
	return &Node{Type: tensor.Type{DType: d, Shape: shape}, Name: name, kind: kindParam}
}

// Weight is a Param that is kept as the file has it: of any floating-point type, or packed by affine quantization.
func Weight(shape ...int) *Node {
	n := Param("", tensor.F32, shape...)
	n.anyType = true
	return n
}

// AnyType reports whether the node is a Weight.
func (n *Node) AnyType() bool { return n.anyType }

// Bind sets the memory of a Param, and with it its type.
func (n *Node) Bind(s device.Slice) {
	n.memory, n.Type = s, s.Type
}

// Bound reports whether a Param has memory.
func (n *Node) Bound() bool { return n.memory.Buffer != nil }

// Array views a bound Param from the host.
func (n *Node) Array() tensor.Array { return n.memory.Array() }

// Shape is the shape of the tensor.
func (n *Node) Shape() tensor.Shape { return n.Type.Shape }

// Dim is the extent of dimension i, counted from the end if negative.
func (n *Node) Dim(i int) int {
	if i < 0 {
		i += len(n.Type.Shape)
	}
	return n.Type.Shape[i]
}

// order lists the nodes that the outputs need, each after its inputs.
func order(outputs []*Node) []*Node {
	var list []*Node
	seen := map[*Node]bool{}
	// An explicit stack: graphs of a training step are deeper than one likes to recurse.
	type frame struct {
		n    *Node
		next int
	}
	for _, out := range outputs {
		stack := []frame{{n: out}}
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			switch {
			case seen[f.n]:
				stack = stack[:len(stack)-1]
			case f.next < len(f.n.In):
				f.next++
				stack = append(stack, frame{n: f.n.In[f.next-1]})
			default:
				seen[f.n] = true
				list = append(list, f.n)
				stack = stack[:len(stack)-1]
			}
		}
	}
	return list
}

// Eval computes outputs on the host by the ops' definitions. feeds holds the inputs and any unbound Params.
func Eval(feeds map[*Node]tensor.Array, outputs ...*Node) []tensor.Array {
	values := map[*Node]tensor.Array{}
	for _, n := range order(outputs) {
		if a, ok := feeds[n]; ok {
			values[n] = a
			continue
		}
		if n.kind == kindParam {
			values[n] = n.Array()
			continue
		}
		in := make([]tensor.Array, len(n.In))
		for i, x := range n.In {
			in[i] = values[x]
		}
		y := tensor.NewArray(n.Type.DType, n.Type.Shape...)
		switch op := n.Op.(type) {
		case Viewer:
			y.Data = in[0].Data
		case Writer:
			y = in[op.Writes()]
			n.Op.Ref(y, in)
		default:
			n.Op.Ref(y, in)
		}
		values[n] = y
	}
	out := make([]tensor.Array, len(outputs))
	for i, n := range outputs {
		out[i] = values[n]
	}
	return out
}

// Reached lists the nodes that the outputs need, each after its inputs.
func Reached(outputs ...*Node) []*Node { return order(outputs) }
