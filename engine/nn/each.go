package nn

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"sightglass/engine/graph"
)

// EachLinear calls f for every Linear of a model with the name of its place, joined from the `weight` tags.
func EachLinear(model any, f func(name string, l *Linear)) {
	each("", reflect.ValueOf(model), func(name string, v any) bool {
		l, ok := v.(*Linear)
		if ok {
			f(name, l)
		}
		return !ok
	})
}

// EachMatrix calls f for every matrix of a bound model's Linears and Embeddings, once for one that is tied.
func EachMatrix(model any, f func(name string, m *Matrix)) {
	seen := map[*byte]bool{}
	each("", reflect.ValueOf(model), func(name string, v any) bool {
		m, ok := v.(interface{ matrix() *Matrix })
		if !ok {
			return true
		}
		if numbers := unsafe.SliceData(m.matrix().Weight.Array().Data); !seen[numbers] {
			seen[numbers] = true
			f(name, m.matrix())
		}
		return false
	})
}

// EachWeight calls f for every weight of a model with its name.
func EachWeight(model any, f func(name string, n *graph.Node)) {
	each("", reflect.ValueOf(model), func(name string, v any) bool {
		n, ok := v.(*graph.Node)
		if ok {
			f(name, n)
		}
		return !ok
	})
}

func (m *Matrix) matrix() *Matrix { return m }

// each visits v and, where visit says so, what its tagged fields hold.
func each(path string, v reflect.Value, visit func(string, any) bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && visit(path, v.Interface()) {
			each(path, v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			each(path+"."+strconv.Itoa(i), v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if tag, ok := v.Type().Field(i).Tag.Lookup("weight"); ok {
				name, _, _ := strings.Cut(tag, ",")
				each(strings.TrimPrefix(path+"."+name, "."), v.Field(i), visit)
			} else if v.Type().Field(i).Anonymous {
				each(path, v.Field(i), visit)
			}
		}
	}
}
