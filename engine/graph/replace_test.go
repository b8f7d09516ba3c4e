package graph

import (
	"testing"

	"sightglass/engine/tensor"
)

func TestReplaceCopiesOnlyWhatDependsOnTheNode(t *testing.T) {
	x, c, to := Input("x", tensor.F32, 1), Input("c", tensor.F32, 1), Input("to", tensor.F32, 1)
	s := Apply(square{}, x)
	beside := Apply(square{}, c)
	y := Apply(sub{}, Apply(square{}, s), beside)
	got := Replace(s, to, y, beside, s)
	if got[1] != beside || got[0].In[1] != beside || got[2] != to {
		t.Error("want what does not depend on the node to be shared, and the node itself replaced")
	}
	feeds := map[*Node]tensor.Array{x: tensor.Of([]float32{2}, 1), c: tensor.Of([]float32{3}, 1), to: tensor.Of([]float32{5}, 1)}
	if v := Eval(feeds, got[0])[0].F32()[0]; v != 25-9 {
		t.Errorf("got %g, want 16", v)
	}
	if v := Eval(feeds, y)[0].F32()[0]; v != 16-9 {
		t.Errorf("the old node: got %g, want 7", v)
	}
}
