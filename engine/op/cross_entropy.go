package op

import (
	"sightglass/engine/graph"
)

// CrossEntropy is −log softmax of logits x [N, V] at one number of each row, as [N]. places i32[N] says where it lies in all of x: for the
// class c of row i that is i·V + c. It is made of other ops.
func CrossEntropy(x, places *graph.Node) *graph.Node {
	all := Reshape(x, x.Type.Shape.Size(), 1)
	return Sub(LogSumExp(x), Reshape(Embedding(places, all), x.Dim(0)))
}

// CrossEntropyGrad is the gradient of CrossEntropy with regard to x, where that of the result is 1. minus [N] are numbers of -1. It may be written
// over x.
func CrossEntropyGrad(x, places, minus *graph.Node) *graph.Node {
	all := x.Type.Shape.Size()
	return Reshape(IndexAdd(Reshape(Softmax(x), all, 1), Reshape(minus, x.Dim(0), 1), places), x.Shape()...)
}

// GradientsRecomputed is Gradients that keeps, of all results between the taps, none: it computes them again when it comes to them. taps are
// results through which all of y's dependence on earlier ones goes, such as the hidden states after each layer, in order.
func GradientsRecomputed(taps []*graph.Node, y, dy *graph.Node, wrt ...*graph.Node) []*graph.Node {
	return graph.GradientsRecomputed(Add, After, taps, y, dy, wrt...)
}
