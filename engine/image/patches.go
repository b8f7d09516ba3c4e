package image

import "fmt"

// Patches cuts a tile [3, height, width] into square patches, row by row, each a row of [3 * patch * patch] values in the
// order of a convolution's weight [out, 3, patch, patch]: the convolution is then one product of matrices. What is left over
// at the right and bottom is dropped, as an unpadded convolution does.
func Patches(tile []float32, size Size, patch int) []float32 {
	if int64(len(tile)) != 3*size.Pixels() || patch <= 0 {
		panic(fmt.Sprintf("image: patches: want 3x%dx%d values and a patch of at least 1, got %d and %d",
			size.Height, size.Width, len(tile), patch))
	}
	rows, cols := size.Height/patch, size.Width/patch
	out := make([]float32, 0, rows*cols*3*patch*patch)
	for r := range rows {
		for c := range cols {
			for channel := range 3 {
				for y := range patch {
					at := (channel*size.Height+r*patch+y)*size.Width + c*patch
					out = append(out, tile[at:at+patch]...)
				}
			}
		}
	}
	return out
}

// Squares orders the patches of a grid so that those of each square of side patches follow each other: rows of features in that order, read as
// longer rows, are the pixel shuffle of Idefics3 and InternVL.
func Squares(rows, cols, side int) []int32 {
	order := make([]int32, 0, rows*cols)
	for top := 0; top < rows; top += side {
		for left := 0; left < cols; left += side {
			for y := range side {
				for x := range side {
					order = append(order, int32((top+y)*cols+left+x))
				}
			}
		}
	}
	return order
}

// FractionalPositions returns the rows of a learned position table [side * side, C] that a full tile of rows x cols patches
// uses, patch by patch, in Idefics2, Idefics3 and SmolVLM: patch i of n along an axis takes row i*side/n of that axis, rounded
// down. With rows = cols = side, as in the published models, patch i takes row i.
//
// transformers divides in float32 and lands one row lower at some patches of some sides (19, 25, 29, ...); which ones differs
// between processors. This is the exact quotient.
func FractionalPositions(rows, cols, side int) []int32 {
	ids := make([]int32, 0, rows*cols)
	for r := range rows {
		for c := range cols {
			ids = append(ids, int32(r*side/rows*side+c*side/cols))
		}
	}
	return ids
}
