package engine

import (
	"sightglass/engine/adapter"
	"sightglass/engine/families"
)

// WriteAdapter writes the adapter in a folder, of PEFT's layout or mlx-vlm's, to the existing folder dst in either, with the names that the layers
// have there. An adapter that does not fit the model in the folder dir is refused. base is what the model is called.
func WriteAdapter(dir, folder, dst string, to adapter.Layout, base string) error {
	files, err := readFolder(dir)
	if err != nil {
		return err
	}
	family, err := families.Find(files.architecture)
	if err != nil {
		return err
	}
	m, err := family.New(files.Files)
	if err != nil {
		return err
	}
	f, err := adapter.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	layers, err := f.Match(m, family.Rename)
	if err != nil {
		return err
	}
	names := family.Transformers
	if to == adapter.MLX {
		names = family.MLX
	}
	return f.Write(dst, to, base, func(name string) string { return names.Rename(layers[name].Name) })
}
