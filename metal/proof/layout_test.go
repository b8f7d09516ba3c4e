package proof_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sightglass/engine/graph"
	"sightglass/metal/cases"
	"sightglass/metal/proof"
)

// The arguments that an op sends are those that its kernels read: name by name, type by type, in order and to the last byte.
func TestArgumentsAreThoseOfTheOp(t *testing.T) {
	for _, e := range graph.Catalogue() {
		op := e.Op.Name()
		files := sources(t, op)
		if files == nil {
			continue
		}
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			tool := tools(t)
			for kernel := range pipelines(t, e, cases.Activations(op)[0]) {
				if stem(kernel) != op {
					continue
				}
				if err := tool.CheckArguments(context.Background(), kernel, fieldsOf(reflect.TypeOf(e.Op)), files...); err != nil {
					t.Error(err)
				}
				break // the kernels of a file share their arguments' struct; that each gets as many bytes its cases show
			}
		})
	}
}

func fieldsOf(typ reflect.Type) (list []proof.Field) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		kind, count := f.Type, 1
		if kind.Kind() == reflect.Array {
			kind, count = f.Type.Elem(), f.Type.Len()
		}
		switch kind.Kind() {
		case reflect.Struct:
			list = append(list, fieldsOf(kind)...)
		case reflect.Float32:
			list = append(list, proof.Field{Name: f.Name, Type: "float", Count: count})
		default:
			list = append(list, proof.Field{Name: f.Name, Type: "uint", Count: count})
		}
	}
	return list
}

func TestOtherArgumentsAreRefused(t *testing.T) {
	tool := tools(t)
	text := strings.Replace(sum, "  uint n;", "  uint n, two_words;\n  float scale;\n  uint dims[3];", 1)
	n, two, scale, dims := proof.Field{Name: "N", Type: "uint", Count: 1}, proof.Field{Name: "TwoWords", Type: "uint", Count: 1}, proof.Field{Name: "Scale", Type: "float", Count: 1}, proof.Field{Name: "Dims", Type: "uint", Count: 3}
	for _, c := range []struct {
		name, want string
		fields     []proof.Field
	}{
		{"the same", "", []proof.Field{n, two, scale, dims}},
		{"two changed places", "lies elsewhere", []proof.Field{two, n, scale, dims}},
		{"another type", "another type", []proof.Field{n, two, {Name: "Scale", Type: "uint", Count: 1}, dims}},
		{"a shorter array", "another type", []proof.Field{n, two, scale, {Name: "Dims", Type: "uint", Count: 2}}},
		{"one too few", "size differs", []proof.Field{n, two, scale}},
		{"another name", "no member named 'other'", []proof.Field{n, {Name: "Other", Type: "uint", Count: 1}, scale, dims}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := tool.CheckArguments(context.Background(), "sum_f16", c.fields, proof.File{Name: "sum.metal", Text: text})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// Before Metal 3.1 there is no bfloat: everything else must compile, under the same names.
func TestKernelsNeedNoBfloat(t *testing.T) {
	for _, e := range graph.Catalogue() {
		op := e.Op.Name()
		files := sources(t, op)
		if files == nil {
			continue
		}
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			names, err := tools(t).CheckOlder(context.Background(), 300, files...)
			if err != nil {
				t.Fatal(err)
			}
			for kernel := range pipelines(t, e, cases.Activations(op)[0]) {
				if stem(kernel) == op && !strings.Contains(kernel, "bf16") && !slices.Contains(names, kernel) {
					t.Errorf("%s: there without bfloat: no, want yes", kernel)
				}
			}
		})
	}
}

func TestBfloatIsRefusedWhereThereIsNone(t *testing.T) {
	_, err := tools(t).CheckOlder(context.Background(), 300, proof.File{Name: "sum.metal", Text: strings.ReplaceAll(sum, "sum<half>(device const half* x, device half* y", "sum<bfloat>(device const bfloat* x, device bfloat* y")})
	if err == nil || !strings.Contains(err.Error(), "bfloat") {
		t.Errorf("got %v, want an error about bfloat", err)
	}
}
