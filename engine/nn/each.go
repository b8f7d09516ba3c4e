package nn

import (
	"reflect"
	"strconv"
	"strings"
)

var linearType = reflect.TypeFor[*Linear]()

// EachLinear calls f for every Linear of a model with the name of its place, joined from the `weight` tags.
func EachLinear(model any, f func(name string, l *Linear)) {
	each("", reflect.ValueOf(model), f)
}

func each(path string, v reflect.Value, f func(string, *Linear)) {
	if v.Type() == linearType {
		if !v.IsNil() {
			f(path, v.Interface().(*Linear))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			each(path, v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			each(path+"."+strconv.Itoa(i), v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if tag, ok := v.Type().Field(i).Tag.Lookup("weight"); ok {
				name, _, _ := strings.Cut(tag, ",")
				each(strings.TrimPrefix(path+"."+name, "."), v.Field(i), f)
			}
		}
	}
}
