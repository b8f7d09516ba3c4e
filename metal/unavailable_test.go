//go:build !darwin && !fakemetal

package metal

import (
	"errors"
	"testing"

	"sightglass/engine/tensor"
)

func TestThereIsNoMetalHere(t *testing.T) {
	if d, err := Open(Options{Activations: tensor.F16}); !errors.Is(err, ErrUnavailable) || d != nil {
		t.Errorf("got %v and %v, want ErrUnavailable", d, err)
	}
}
