package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"sightglass/engine/image"
)

type benchFlags struct {
	modelFlags
	prompt, generate int
	runs             int
	image            string
	json             bool
}

// benchJSON is the object that bench --json prints: the best and the median of the runs.
type benchJSON struct {
	Model            string  `json:"model"`
	Prompt           int     `json:"pp"`
	Generate         int     `json:"tg"`
	PromptTokensPS   best    `json:"prompt_tokens_per_s"`
	GenerateTokensPS best    `json:"generation_tokens_per_s"`
	Image            string  `json:"image,omitempty"`
	ImageTokens      int     `json:"image_tokens,omitempty"`
	ImageMS          *best   `json:"image_encode_ms,omitempty"`
	LoadMS           float64 `json:"load_ms"`
	PeakRSSBytes     int64   `json:"peak_rss_bytes"`
}

type best struct {
	Best   float64 `json:"best"`
	Median float64 `json:"median"`
}

func (c *command) bench() *cobra.Command {
	f := benchFlags{prompt: 512, generate: 128, runs: 5}
	cmd := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure how fast a model reads, writes and looks at a picture here",
		Args:  exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var size image.Size
			if f.image != "" {
				if n, err := fmt.Sscanf(f.image, "%dx%d", &size.Width, &size.Height); n != 2 || err != nil || size.Width < 1 || size.Height < 1 ||
					size.Pixels() > image.DefaultLimits.MaxPixels {
					return usagef("want --image WIDTHxHEIGHT, found %q", f.image)
				}
			}
			if f.prompt < 0 || f.generate < 0 || f.runs < 1 {
				return usagef("want --pp and --tg of at least 0, and --runs of at least 1")
			}
			return c.measure(cmd.Context(), &f, size)
		},
	}
	f.add(cmd)
	cmd.Flags().IntVar(&f.prompt, "pp", f.prompt, "tokens of the prompt")
	cmd.Flags().IntVar(&f.generate, "tg", f.generate, "tokens to generate")
	cmd.Flags().IntVar(&f.runs, "runs", f.runs, "runs that are timed, after one that is not")
	cmd.Flags().StringVar(&f.image, "image", "", "size of a picture to encode, such as 512x512")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func (c *command) measure(ctx context.Context, f *benchFlags, size image.Size) error {
	s, progress, err := c.openShown(ctx, &f.modelFlags)
	if err != nil {
		return err
	}
	defer s.Close()
	defer progress.clear()
	out := benchJSON{Model: s.Name, Prompt: f.prompt, Generate: f.generate, Image: f.image, LoadMS: ms(s.Load)}
	var prompt, generate, picture []float64
	for run := range f.runs + 1 {
		progress.show(fmt.Sprintf("run %d of %d", run, f.runs))
		m, err := s.Measure(ctx, f.prompt, f.generate, size)
		if err != nil {
			return err
		}
		if run == 0 {
			continue // plans the steps and touches the weights
		}
		prompt = append(prompt, float64(f.prompt)/m.Prompt.Seconds())
		generate = append(generate, float64(f.generate)/m.Generate.Seconds())
		picture = append(picture, -ms(m.Image)) // less is better
		out.ImageTokens = m.ImageTokens
	}
	progress.clear()
	out.PromptTokensPS, out.GenerateTokensPS, out.PeakRSSBytes = bestOf(prompt), bestOf(generate), peakRSS()
	if f.image != "" {
		b := bestOf(picture)
		out.ImageMS = &best{-b.Best, -b.Median}
	}
	if f.json {
		return json.NewEncoder(c.out).Encode(out)
	}
	fmt.Fprintf(c.out, "%s\n", out.Model)
	fmt.Fprintf(c.out, "prompt      %4d tokens  %8.1f tokens/s  (median %.1f)\n", out.Prompt, out.PromptTokensPS.Best, out.PromptTokensPS.Median)
	fmt.Fprintf(c.out, "generation  %4d tokens  %8.1f tokens/s  (median %.1f)\n", out.Generate, out.GenerateTokensPS.Best, out.GenerateTokensPS.Median)
	if out.ImageMS != nil {
		fmt.Fprintf(c.out, "picture  %10s  %8.1f ms        (median %.1f)\n", out.Image, out.ImageMS.Best, out.ImageMS.Median)
	}
	fmt.Fprintf(c.out, "peak memory           %8.0f MB\n", float64(out.PeakRSSBytes)/1e6)
	return nil
}

func bestOf(v []float64) best {
	slices.Sort(v)
	return best{v[len(v)-1], v[len(v)/2]}
}
