package answers_test

import (
	"testing"

	"sightglass/engine/device"
	"sightglass/engine/tensor"
	"sightglass/metal"
)

// open opens the Mac's GPU.
func open(t *testing.T, d tensor.DType) device.Device {
	t.Helper()
	dev, err := metal.Open(metal.Options{Activations: d, Note: func(s string) { t.Log("note:", s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}
