package engine

import (
	"fmt"

	"sightglass/engine/device"
	"sightglass/engine/families"
	"sightglass/engine/nn"
	"sightglass/engine/weights"
)

// Description is what a model folder holds.
type Description struct {
	Architecture string
	Vision       bool
	Context      int              // positions
	Vocab        int              // tokens
	Parameters   int64            // of matrices, quantized or not, which is all but a few
	Types        map[string]int64 // those parameters by how they are stored, such as "f16" or "4-bit in groups of 32"
	Bytes        int64            // of the weights' file
	CacheBytes   int64            // that one position of a conversation takes
	Budget       Budget           // memory that it takes when it is open, at the default context
	Notes        []string         // what the folder lacks, and what stands in for it
}

// Describe reads a model folder as Open does, all but the numbers themselves: the description is of a model that opens.
func Describe(dev device.Device, dir string) (Description, error) {
	f, err := readFolder(dir)
	if err != nil {
		return Description{}, err
	}
	family, err := families.Find(f.architecture)
	if err != nil {
		return Description{}, err
	}
	m, err := family.New(f.Files)
	if err != nil {
		return Description{}, err
	}
	src, err := weights.Open(dir)
	if err != nil {
		return Description{}, err
	}
	defer src.Close()
	if err := weights.Bind(dev, m, src, family.Rename); err != nil {
		return Description{}, err
	}
	info := m.Info()
	d := Description{Architecture: f.architecture, Vision: m.Vision() != nil, Context: info.Context, Vocab: info.Vocab, Types: map[string]int64{},
		CacheBytes: int64(info.Cache.Bytes(1, Options{}.cacheType())), Notes: f.notes(m)}
	if d.Budget, err = (&Session{dev: &memory{Device: dev, wide: info.Wide}, model: m, source: src}).budget(); err != nil {
		return d, err
	}
	nn.EachMatrix(m, func(_ string, m *nn.Matrix) {
		n := int64(m.In()) * int64(m.Out())
		stored := m.Weight.Type.DType.String()
		if a := m.Affine(); a.Bits != 0 {
			stored = fmt.Sprintf("%d-bit in groups of %d", a.Bits, a.Group)
		}
		d.Types[stored] += n
		d.Parameters += n
	})
	for _, name := range src.Names() {
		t, err := src.Get(name)
		if err != nil {
			return d, err
		}
		d.Bytes += int64(t.Bytes())
	}
	return d, nil
}
