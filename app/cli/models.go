package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sightglass/app/hub"
	"sightglass/app/models"
	"sightglass/engine"
	"sightglass/engine/builtin"
)

func (c *command) models() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "See, download and remove the models of this machine",
		Args:  exactly(0, "list, show, pull or rm"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return usagef("want models list, show, pull or rm") },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the built-in model, the downloaded repositories and the folders that the window converted to",
		Args:  exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(c.out, builtin.Name)
			for _, id := range (&models.Library{Cache: hubCache(), Folder: converted()}).IDs() {
				fmt.Fprintln(c.out, id)
			}
			return nil
		},
	}, &cobra.Command{
		Use:   "show MODEL",
		Short: "Show what a model is and can do",
		Args:  exactly(1, "one model"),
		RunE:  func(_ *cobra.Command, args []string) error { return c.show(args[0]) },
	}, c.pull(), &cobra.Command{
		Use:   "rm ORG/NAME",
		Short: "Remove a downloaded repository from the Hugging Face cache, which other tools share",
		Args:  exactly(1, "one repository"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := hub.ParseRepo(args[0])
			if err != nil {
				return err
			}
			freed, err := hubCache().Remove(r)
			if err == nil {
				fmt.Fprintf(c.out, "removed %s: %.1f MB are free again\n", r, float64(freed)/1e6)
			}
			return err
		},
	})
	return cmd
}

// pull is the only command that goes to the net.
func (c *command) pull() *cobra.Command {
	var revision string
	cmd := &cobra.Command{
		Use:   "pull ORG/NAME",
		Short: "Download a model into the Hugging Face cache, or go on where that was stopped",
		Args:  exactly(1, "one repository"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := hub.ParseRepo(args[0])
			if err != nil {
				return err
			}
			client, err := hubClient(hub.NewTokens(home()))
			if err != nil {
				return err
			}
			p := newProgress(c.err)
			defer p.clear()
			dir, err := client.Pull(cmd.Context(), hubCache(), r, revision, func(n hub.Progress) {
				p.show(fmt.Sprintf("downloaded %d of %d MB", n.Done>>20, n.Total>>20))
			})
			if err == nil {
				p.clear()
				fmt.Fprintln(c.out, dir)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&revision, "revision", "", "branch, tag or commit (empty: main)")
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
