package op

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// eachCase runs f for every case that the definitions are fast enough for.
func eachCase(t *testing.T, f func(t *testing.T, op graph.Op, c graph.Case)) {
	for _, e := range graph.Catalogue() {
		for i, c := range e.Cases {
			if !c.Bench {
				t.Run(fmt.Sprintf("%s %d %s", e.Op.Name(), i, c.In), func(t *testing.T) { f(t, e.Op, c) })
			}
		}
	}
}

// nodesOf lists the ops of a graph, inputs first.
func nodesOf(y *graph.Node) (list []*graph.Node) {
	if y.Op == nil {
		return nil
	}
	for _, x := range y.In {
		list = append(list, nodesOf(x)...)
	}
	return append(list, y)
}

func TestNamesAreUniqueAndEveryOpHasCases(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range graph.Catalogue() {
		if name := e.Op.Name(); seen[name] || len(e.Cases) == 0 {
			t.Errorf("%s: got %d cases, entered before: %v", name, len(e.Cases), seen[name])
		}
		seen[e.Op.Name()] = true
	}
	if len(seen) < 36 {
		t.Errorf("got %d ops, want the whole catalogue", len(seen))
	}
}

func TestEveryCaseUsesItsOp(t *testing.T) {
	eachCase(t, func(t *testing.T, op graph.Op, c graph.Case) {
		in, _ := c.Inputs(1)
		for _, n := range nodesOf(c.Build(in)) {
			if n.Op.Name() == op.Name() {
				return
			}
		}
		t.Errorf("want a graph with %s in it, found none", op.Name())
	})
}

func TestBenchmarksBuild(t *testing.T) {
	benches := 0
	for _, e := range graph.Catalogue() {
		for _, c := range e.Cases {
			if !c.Bench {
				continue
			}
			benches++
			in, _ := c.Inputs(1)
			if err := graph.Build(func() { c.Build(in) }); err != nil {
				t.Errorf("%s %s: %v", e.Op.Name(), c.In, err)
			}
		}
	}
	if benches < 10 {
		t.Errorf("got %d benchmarks, want those of the hot ops", benches)
	}
}

func TestArgumentsAreStructsOf32BitFields(t *testing.T) {
	var check func(name string, typ reflect.Type)
	check = func(name string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				check(name+"."+typ.Field(i).Name, typ.Field(i).Type)
			}
		case reflect.Array:
			check(name, typ.Elem())
		case reflect.Uint32, reflect.Float32:
		default:
			t.Errorf("%s: got %s, want uint32 or float32", name, typ)
		}
	}
	for _, e := range graph.Catalogue() {
		check(e.Op.Name(), reflect.TypeOf(e.Op))
	}
}

func TestLaunchesNameTheOpAndCoverTheResult(t *testing.T) {
	eachCase(t, func(t *testing.T, _ graph.Op, c graph.Case) {
		in, _ := c.Inputs(1)
		for _, n := range nodesOf(c.Build(in)) {
			if _, ok := n.Op.(graph.Viewer); ok {
				continue
			}
			types := make([]tensor.Type, len(n.In))
			for i, x := range n.In {
				types[i] = x.Type
			}
			l := n.Op.Launch(n.Type, types)
			if l.Kernel != n.Op.Name() && !strings.HasPrefix(l.Kernel, n.Op.Name()+"_") {
				t.Errorf("got kernel %q, want %q, with the types that matter", l.Kernel, n.Op.Name())
			}
			if l.Args != any(n.Op) {
				t.Errorf("%s: got args %v, want %v", l.Kernel, l.Args, n.Op)
			}
			for d := range 3 {
				if l.Grid[d] < 1 || l.Group[d] < 1 {
					t.Errorf("%s: got grid %v of groups %v, want at least one thread", l.Kernel, l.Grid, l.Group)
				}
			}
		}
	})
}

// The arena hands out memory that others have used, so a definition must set every element.
func TestDefinitionsSetEveryElement(t *testing.T) {
	eachCase(t, func(t *testing.T, _ graph.Op, c graph.Case) {
		in, feeds := c.Inputs(1)
		for _, n := range nodesOf(c.Build(in)) {
			if _, ok := n.Op.(graph.Writer); ok {
				continue
			}
			values := graph.Eval(feeds, append(n.In[:len(n.In):len(n.In)], n)...)
			y, want := tensor.NewArray(n.Type.DType, n.Shape()...), values[len(n.In)]
			for i := range y.Data {
				y.Data[i] = 0xff
			}
			n.Op.Ref(y, values[:len(n.In)])
			if string(y.Data) != string(want.Data) {
				t.Errorf("%s: got another result over used memory", n.Op.Name())
			}
		}
	})
}

func TestDefinitionsMayRunInPlaceWhereTheySaySo(t *testing.T) {
	eachCase(t, func(t *testing.T, op graph.Op, c graph.Case) {
		in, feeds := c.Inputs(1)
		n := c.Build(in)
		o, ok := n.Op.(graph.InPlacer)
		if !ok {
			return
		}
		values := graph.Eval(feeds, append(n.In[:len(n.In):len(n.In)], n)...)
		x, want := values[o.InPlace()], string(values[len(n.In)].Data)
		n.Op.Ref(tensor.Array{Type: n.Type, Data: x.Data}, values[:len(n.In)])
		if string(x.Data) != want {
			t.Errorf("%s: got another result in place", n.Op.Name())
		}
	})
}

func TestFusedOpsMatchTheirExpansion(t *testing.T) {
	fused := map[string]bool{}
	eachCase(t, func(t *testing.T, op graph.Op, c graph.Case) {
		in, feeds := c.Inputs(1)
		n := c.Build(in)
		o, ok := n.Op.(graph.Expander)
		if !ok {
			return
		}
		y := o.Expand(n.In)
		if y == nil {
			return
		}
		fused[op.Name()] = true
		if y.Op.Name() == op.Name() {
			t.Fatalf("want simpler ops, found %s itself", op.Name())
		}
		values := graph.Eval(feeds, n, y)
		if !values[1].Shape.Equal(values[0].Shape) {
			t.Fatalf("got shape %v, want that of the expansion %v", values[0].Shape, values[1].Shape)
		}
		near(t, values[0].Floats(), values[1].Floats(), 1e-5)
	})
	for _, name := range []string{"attention", "cache_write_rope", "gelu_erf", "gelu_tanh", "layernorm", "lora", "qembedding", "qlinear", "qlinear_add", "qlinear_silu_mul", "silu_mul"} {
		if !fused[name] {
			t.Errorf("%s: want an expansion, found none", name)
		}
	}
}

// near reports the first element that is off by more than tolerance, relative to the larger of 1 and its size.
func near(t *testing.T, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d elements, want %d", len(got), len(want))
	}
	for i, w := range want {
		if diff := math.Abs(float64(got[i]) - float64(w)); !(diff <= tolerance*max(1, math.Abs(float64(w)))) {
			t.Errorf("element %d: got %g, want %g", i, got[i], w)
			return
		}
	}
}
