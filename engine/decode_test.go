package engine

import (
	"bytes"
	"testing"

	"sightglass/engine/image"
)

func decodeTest(t *testing.T, data []byte) *image.Picture {
	t.Helper()
	pic, err := image.Decode(t.Context(), bytes.NewReader(data), image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return pic
}
