package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sightglass/engine"
	"sightglass/engine/builtin"
)

func (c *command) models() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "See the models of this machine",
		Args:  exactly(0, "list or show"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return usagef("want models list or models show MODEL") },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the built-in model and the downloaded repositories",
		Args:  exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(c.out, builtin.Name)
			for _, repo := range repositories() {
				fmt.Fprintln(c.out, repo)
			}
			return nil
		},
	}, &cobra.Command{
		Use:   "show MODEL",
		Short: "Show what a model is and can do",
		Args:  exactly(1, "one model"),
		RunE:  func(_ *cobra.Command, args []string) error { return c.show(args[0]) },
	})
	return cmd
}

// show prints a model's description.
func (c *command) show(name string) error {
	dir, _, err := resolve(name)
	if err != nil {
		return err
	}
	dev, err := openDevice(deviceCPU, 1, false)
	if err != nil {
		return err
	}
	defer dev.Close()
	d, err := engine.Describe(dev, dir)
	if err != nil {
		return err
	}
	sees := "no"
	if d.Vision {
		sees = "yes"
	}
	var stored []string
	for _, typ := range slices.Sorted(maps.Keys(d.Types)) {
		stored = append(stored, fmt.Sprintf("%.1f M %s", float64(d.Types[typ])/1e6, typ))
	}
	for _, line := range [][2]string{
		{"model", name}, {"folder", dir}, {"architecture", d.Architecture}, {"sees pictures", sees},
		{"context", fmt.Sprintf("%d tokens, %.1f kB each", d.Context, float64(d.CacheBytes)/1e3)},
		{"vocabulary", fmt.Sprintf("%d tokens", d.Vocab)},
		{"parameters", fmt.Sprintf("%.1f M (%s)", float64(d.Parameters)/1e6, strings.Join(stored, ", "))},
		{"size", fmt.Sprintf("%.1f MB", float64(d.Bytes)/1e6)},
		{"memory", fmt.Sprintf("%.1f MB (%.1f for the context, %.1f to look at a picture of 24 million pixels)", float64(d.Budget.Total())/1e6,
			float64(d.Budget.Cache)/1e6, float64(d.Budget.Vision)/1e6)},
	} {
		fmt.Fprintf(c.out, "%-14s %s\n", line[0], line[1])
	}
	for _, note := range d.Notes {
		fmt.Fprintf(c.out, "%-14s %s\n", "note", note)
	}
	return nil
}

// repositories lists what the Hugging Face cache holds whole.
func repositories() []string {
	entries, err := os.ReadDir(hubCache())
	if err != nil {
		return nil
	}
	var repos []string
	for _, e := range entries {
		name, ok := strings.CutPrefix(filepath.Base(e.Name()), "models--")
		repo := strings.Replace(name, "--", "/", 1)
		if _, found := cached(repo); ok && found {
			repos = append(repos, repo)
		}
	}
	return repos
}
