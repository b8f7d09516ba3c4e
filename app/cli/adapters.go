package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine"
	"sightglass/engine/adapter"
	"sightglass/engine/builtin"
)

func (c *command) adapters() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "adapters",
		Short: "See, import, export and remove the adapters that tune made",
		Args:  exactly(0, "list, import, export or rm"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return usagef("want adapters list, import, export or rm") },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the adapters, and the model that each is for",
		Args:  exactly(0, "no arguments"),
		RunE:  func(*cobra.Command, []string) error { return withStore(c.listAdapters) },
	}, c.importAdapter(), c.exportAdapter(), &cobra.Command{
		Use:   "rm NAME",
		Short: "Remove an adapter for good",
		Args:  exactly(1, "one adapter"),
		RunE: func(_ *cobra.Command, args []string) error {
			return withStore(func(s *store.Store) error { return s.DeleteAdapter(args[0]) })
		},
	})
	return cmd
}

func withStore(do func(*store.Store) error) error {
	s, err := store.Open(home())
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

func (c *command) listAdapters(s *store.Store) error {
	list, err := s.Adapters()
	if err != nil {
		return err
	}
	for _, a := range list {
		state := ""
		if !a.Finished {
			state = fmt.Sprintf("  (stopped after %d steps)", len(a.Losses))
		}
		var bytes int64
		for _, f := range a.Files {
			bytes += f.Bytes
		}
		fmt.Fprintf(c.out, "%-24s %6.1f MB  for %s%s\n", a.Name, float64(bytes)/1e6, a.Model, state)
	}
	return nil
}

func (c *command) importAdapter() *cobra.Command {
	var model string
	cmd := &cobra.Command{
		Use:   "import [flags] NAME FOLDER",
		Short: "Keep the adapter in a folder, of PEFT or of mlx-vlm, under a name",
		Args:  exactly(2, "a name and a folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			base, err := baseOf(model)
			if err != nil {
				return err
			}
			return withStore(func(s *store.Store) error { return tuner.Import(s, base, args[1], args[0]) })
		},
	}
	cmd.Flags().StringVar(&model, "model", builtin.Name, "the model that it is for")
	return cmd
}

func (c *command) exportAdapter() *cobra.Command {
	var model, format string
	cmd := &cobra.Command{
		Use:   "export [flags] NAME FOLDER",
		Short: "Write an adapter to a new folder, for PEFT or for mlx-vlm",
		Args:  exactly(2, "a name and a new folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			if format != string(adapter.PEFT) && format != string(adapter.MLX) {
				return usagef("want --format peft or mlx, found %q", format)
			}
			return withStore(func(s *store.Store) error {
				a, err := s.Adapter(args[0])
				if err != nil {
					return err
				}
				if model == "" {
					model = a.Model
				}
				base, err := baseOf(model)
				if err != nil {
					return err
				}
				if err := os.Mkdir(args[1], 0o755); err != nil {
					return fmt.Errorf("adapters: want a new folder: %w", err)
				}
				err = tuner.Export(s, base, args[0], args[1], adapter.Layout(format))
				if err != nil {
					_ = os.RemoveAll(args[1]) // what was written of it is of no use
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", string(adapter.PEFT), "peft, which transformers reads, or mlx, which mlx-vlm reads")
	cmd.Flags().StringVar(&model, "model", "", "the model that it is for, should it have moved since")
	return cmd
}

// baseOf finds a model that adapters are for.
func baseOf(model string) (b tuner.Base, err error) {
	b.Name = model
	var own string
	if b.Dir, own, err = resolve(model); err != nil {
		return b, err
	}
	b.Print, err = engine.Fingerprint(b.Dir, own)
	return b, err
}
