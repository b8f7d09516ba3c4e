package image

import "context"

// Normalizer turns a sample v of 0 to 255 into (v * Scale - Mean[c]) / Std[c]: the product in float64 rounded to float32,
// the rest in float32, as transformers computes it.
type Normalizer struct {
	Scale     float64
	Mean, Std [3]float32
}

// table is what becomes of each sample of each channel.
func (n Normalizer) table() (table [3][256]float32) {
	for c := range table {
		for v := range table[c] {
			table[c][v] = (float32(float64(v)*n.Scale) - n.Mean[c]) / n.Std[c]
		}
	}
	return table
}

// apply returns p as [3, height, width].
func (n Normalizer) apply(ctx context.Context, p *Picture) ([]float32, error) {
	table := n.table()
	plane := p.Width * p.Height
	out := make([]float32, 3*plane)
	err := eachRow(ctx, p.Height, func(y int) {
		from := p.row(y)
		red := out[y*p.Width:][:p.Width]
		green := out[plane+y*p.Width:][:p.Width]
		blue := out[2*plane+y*p.Width:][:p.Width]
		for x := range red {
			red[x], green[x], blue[x] = table[0][from[3*x]], table[1][from[3*x+1]], table[2][from[3*x+2]]
		}
	})
	return out, err
}
