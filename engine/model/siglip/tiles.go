package siglip

import (
	"context"

	"sightglass/engine/image"
	"sightglass/engine/tensor"
)

// Tiles are what the inputs hold for each tile of a picture, as large as the tower's pictures.
func Tiles(ctx context.Context, c Config, plan *image.Plan, p *image.Picture) ([][]tensor.Array, error) {
	tiles, err := plan.Pixels(ctx, p)
	if err != nil {
		return nil, err
	}
	n := c.Grid() * c.Grid()
	places := make([]int32, n) // the rows of the position table in turn
	for i := range places {
		places[i] = int32(i)
	}
	values := make([][]tensor.Array, len(tiles))
	for i, t := range tiles {
		values[i] = Values(tensor.Of(image.Patches(t, plan.TileSize, c.PatchSize), n, c.PatchLen()), places)
	}
	return values, nil
}
