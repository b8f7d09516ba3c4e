package adapter

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"sightglass/engine/weights"
)

// Layout is how an adapter's folder is laid out.
type Layout string

const (
	PEFT Layout = "peft" // Hugging Face's, for transformers
	MLX  Layout = "mlx"  // mlx-vlm's, which mlx-lm shares
)

// Write writes an adapter to an existing folder in a layout; rename gives each layer the name that it has there. base names the model that the
// adapter is for.
func (f *Folder) Write(dir string, to Layout, base string, rename func(layer string) string) error {
	var entries []weights.Entry
	var layers []string
	for _, name := range f.Names() {
		layer := rename(name)
		layers = append(layers, layer)
		for i, part := range f.parts[name].names() {
			a, err := f.array(part)
			if err != nil {
				return err
			}
			if to == MLX && len(a.Shape) == 2 {
				a = transpose(a)
			}
			entries = append(entries, weights.EntryOf(partName(layer, i, to), a))
		}
	}
	c := Config{Rank: f.Rank, Alpha: float64(f.Scale) * float64(f.Rank), DoRA: f.DoRA, Base: base, Layers: layers, pictures: f.pictures}
	if to == MLX {
		if err := c.WriteMLX(dir); err != nil {
			return err
		}
		return weights.Save(filepath.Join(dir, mlxFile), map[string]string{"format": "mlx"}, entries)
	}
	if err := c.WritePEFT(dir); err != nil {
		return err
	}
	return weights.Save(filepath.Join(dir, PEFTFile), map[string]string{"format": "pt"}, entries)
}

// partName is the name of part i of a layer in a file.
func partName(layer string, i int, to Layout) string {
	if to == MLX {
		return layer + []string{".lora_a", ".lora_b", ".m"}[i]
	}
	return PEFTPrefix + layer + []string{".lora_A.weight", ".lora_B.weight", ".lora_magnitude_vector"}[i]
}

// Config is what adapter_config.json says.
type Config struct {
	Rank           int
	Alpha, Dropout float64
	DoRA           bool
	Base           string // what the model is called that the adapter is for
	Layers         []string
	pictures       bool
}

// WritePEFT writes adapter_config.json as PEFT reads it.
func (c Config) WritePEFT(dir string) error {
	config := map[string]any{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": c.Base, "inference_mode": true, "r": c.Rank,
		"lora_alpha": c.Alpha, "lora_dropout": c.Dropout, "bias": "none", "use_rslora": false, "use_dora": c.DoRA,
		"fan_in_fan_out": false, "target_modules": c.Layers,
	}
	if c.pictures {
		config["pictures_only"] = true
	}
	return writeConfig(dir, config)
}

// WriteMLX writes adapter_config.json as mlx_vlm.trainer.peft.utils of mlx-vlm 0.7.10 reads it.
func (c Config) WriteMLX(dir string) error {
	return writeConfig(dir, map[string]any{
		"fine_tune_type": map[bool]string{true: "dora", false: "lora"}[c.DoRA], "num_layers": -1,
		"lora_parameters": map[string]any{"rank": c.Rank, "scale": c.Alpha / float64(c.Rank), "dropout": c.Dropout, "keys": c.Layers},
	})
}

func writeConfig(dir string, config map[string]any) error {
	data, err := json.MarshalIndent(config, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, configFile), append(data, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	return nil
}
