package weights

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"sightglass/engine/device"
	"sightglass/engine/graph"
	"sightglass/engine/tensor"
)

// maxProblems is how many mismatches an error lists before it only counts them.
const maxProblems = 20

// Bind gives every weight of a model its numbers. Fields of the model, a struct, name their weights by tags `weight:"name[,optional][,tied=name]"`,
// joined by dots on the way down; elements of a slice are numbered. rename, if not nil, turns a name of the source into one of the model,
// "" for a tensor to ignore. Bind is strict both ways: a missing, misshapen or unused tensor is an error that lists all of them. Optional
// weights that are missing become nil.
//
// Matrices keep the type of the file and are not copied where the file's bytes are aligned; all else becomes f32.
func Bind(dev device.Device, model any, src Source, rename func(string) string) error {
	b := binder{dev: dev, src: src, names: map[string]string{}, used: map[string]bool{}, wrapped: map[*byte]device.Buffer{}}
	for _, name := range src.Names() {
		to := name
		if rename != nil {
			to = rename(name)
		}
		if to != "" {
			b.names[to] = name
		}
	}
	b.walk("", "", reflect.ValueOf(model))
	for _, name := range slices.Sorted(maps.Keys(b.names)) {
		if !b.used[name] {
			b.problem("%q: want no such tensor, file has one", b.names[name])
		}
	}
	if n := len(b.problems); n > maxProblems {
		b.problems = append(b.problems[:maxProblems], fmt.Errorf("weights: and %d more", n-maxProblems))
	}
	return errors.Join(b.problems...)
}

type binder struct {
	dev      device.Device
	src      Source
	names    map[string]string // model's name to source's
	used     map[string]bool   // by the model's name
	wrapped  map[*byte]device.Buffer
	problems []error
}

func (b *binder) problem(format string, a ...any) {
	b.problems = append(b.problems, fmt.Errorf("weights: "+format, a...))
}

var nodeType = reflect.TypeFor[*graph.Node]()

// walk visits the tagged fields below v. tied is where to look for a weight that is not under path.
func (b *binder) walk(path, tied string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			b.walk(path, tied, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			b.walk(join(path, strconv.Itoa(i)), "", v.Index(i))
		}
	case reflect.Struct:
		b.fields(path, tied, v)
	}
}

func (b *binder) fields(path, tied string, v reflect.Value) {
	var leaves []leaf
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag, ok := f.Tag.Lookup("weight")
		switch {
		case ok && f.Type == nodeType:
			name, optional, _ := parseTag(tag)
			if n := v.Field(i).Interface().(*graph.Node); n != nil {
				leaves = append(leaves, leaf{name, n, v.Field(i), optional})
			}
		case ok:
			name, _, tie := parseTag(tag)
			b.walk(join(path, name), tie, v.Field(i))
		case f.Anonymous:
			b.fields(path, tied, v.Field(i))
		}
	}
	b.leaves(path, tied, leaves)
}

// leaf is one weight of a layer.
type leaf struct {
	name     string
	node     *graph.Node
	field    reflect.Value
	optional bool
}

// leaves binds the weights of one layer, or those of the layer that it is tied to if it has none of its own.
func (b *binder) leaves(path, tied string, leaves []leaf) {
	has := func(at string) bool {
		return slices.ContainsFunc(leaves, func(l leaf) bool { _, ok := b.names[join(at, l.name)]; return ok })
	}
	if tied != "" && !has(path) {
		path = tied
	}
	for _, l := range leaves {
		full := join(path, l.name)
		name, ok := b.names[full]
		if !ok {
			if !l.optional {
				b.problem("%q: want %v, file has none", full, l.node.Shape())
			}
			l.field.SetZero()
			continue
		}
		b.used[full] = true
		t, err := b.src.Get(name)
		if err == nil {
			err = b.fit(path, l, &t)
		}
		if err == nil {
			err = b.bind(l.node, t)
		}
		if err != nil {
			b.problem("%q: %w", name, err)
		}
	}
}

// fit checks the shape of a tensor against what the layer declared.
func (b *binder) fit(path string, l leaf, t *Tensor) error {
	want := l.node.Shape()
	if l.optional {
		return b.companion(path, t)
	}
	if t.DType == tensor.U32 && l.node.AnyType() && len(want) == 2 {
		s, ok := b.names[join(path, "scales")]
		if !ok {
			return fmt.Errorf("want scales beside packed weights, file has none")
		}
		scales, err := b.src.Get(s)
		if err != nil {
			return err
		}
		if len(t.Shape) != 2 || t.Shape[0] != want[0] || len(scales.Shape) != 2 || scales.Shape[0] != want[0] {
			return fmt.Errorf("want %v packed, file has %v with scales %v", want, t.Shape, scales.Shape)
		}
		_, err = tensor.AffineOf(want[1], t.Shape[1], scales.Shape[1])
		return err
	}
	if !t.DType.Float() {
		return fmt.Errorf("want floating-point numbers, file has %v", t.DType)
	}
	if !t.Shape.Equal(want) && !(l.node.AnyType() && t.Shape.Equal(channelsLast(want))) {
		return fmt.Errorf("want %v, file has %v", want, t.Shape)
	}
	return nil
}

// channelsLast is the shape in which MLX keeps the weight [out, channels, ...] of a convolution; nil for a matrix.
func channelsLast(s tensor.Shape) tensor.Shape {
	if len(s) < 4 {
		return nil
	}
	return append(append(tensor.Shape{s[0]}, s[2:]...), s[1])
}

// companion checks the scales or biases of a packed weight: both are there, and alike.
func (b *binder) companion(path string, t *Tensor) error {
	for _, other := range []string{"weight", "scales", "biases"} {
		name, ok := b.names[join(path, other)]
		if !ok {
			return fmt.Errorf("want %s beside it, file has none", other)
		}
		o, err := b.src.Get(name)
		switch {
		case err != nil:
			return err
		case other == "weight" && o.DType != tensor.U32:
			return fmt.Errorf("want packed weights beside it, file has %v", o.Type)
		case other != "weight" && (!o.Shape.Equal(t.Shape) || o.DType != t.DType || !t.DType.Float()):
			return fmt.Errorf("want scales and biases alike, file has %v and %v", o.Type, t.Type)
		}
	}
	return nil
}

// bind gives the node the tensor's memory: the file's own for matrices, a copy as f32 for the rest.
func (b *binder) bind(n *graph.Node, t Tensor) error {
	if n.AnyType() && aligned(t.Data, t.DType.Size()) {
		buf, off, err := b.wrap(t)
		if err == nil {
			n.Bind(device.Slice{Buffer: buf, Offset: off, Type: t.Type})
		}
		return err
	}
	d := tensor.F32
	if n.AnyType() {
		d = t.DType
	}
	typ := tensor.Type{DType: d, Shape: t.Shape}
	buf, err := b.dev.Alloc(typ.Bytes())
	if err != nil {
		return err
	}
	s := device.Slice{Buffer: buf, Type: typ}
	switch {
	case d == t.DType:
		copy(s.Array().Data, t.Data)
	default:
		src := t.Array
		src.Data = slices.Clone(t.Data) // a copy is aligned
		src.Convert(s.Array().F32())
	}
	n.Bind(s)
	return nil
}

// wrap returns the buffer of the file that holds t, and where t is in it.
func (b *binder) wrap(t Tensor) (device.Buffer, int, error) {
	file := t.File
	if len(file) == 0 {
		file = t.Data
	}
	if len(file) == 0 {
		return nil, 0, fmt.Errorf("want numbers, file has none")
	}
	buf, ok := b.wrapped[&file[0]]
	if !ok {
		var err error
		if buf, err = b.dev.Wrap(file); err != nil {
			return nil, 0, err
		}
		b.wrapped[&file[0]] = buf
	}
	return buf, int(uintptr(unsafe.Pointer(&t.Data[0])) - uintptr(unsafe.Pointer(&file[0]))), nil
}

func aligned(b []byte, size int) bool {
	return len(b) > 0 && uintptr(unsafe.Pointer(&b[0]))%uintptr(size) == 0
}

// parseTag splits `name[,optional][,tied=name]`.
func parseTag(tag string) (name string, optional bool, tied string) {
	name, rest, _ := strings.Cut(tag, ",")
	for _, opt := range strings.Split(rest, ",") {
		switch key, value, _ := strings.Cut(opt, "="); key {
		case "":
		case "optional":
			optional = true
		case "tied":
			tied = value
		default:
			panic("weights: tag " + strconv.Quote(tag) + ": want optional or tied=, found " + strconv.Quote(opt))
		}
	}
	return name, optional, tied
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
