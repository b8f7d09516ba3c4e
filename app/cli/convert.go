package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"sightglass/engine/tensor"
	"sightglass/engine/weights/convert"
)

func (c *command) convert() *cobra.Command {
	var a tensor.Affine
	var adapter string
	cmd := &cobra.Command{
		Use:   "convert [flags] SRC DST",
		Short: "Write a model folder with 4- or 8-bit weights, or with an adapter in them, from a model folder or a GGUF file",
		Args:  exactly(2, "a model and a new folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case a.Bits == 0 && cmd.Flags().Changed("group"):
				return usagef("want --bits with --group")
			case a.Bits == 0:
				a.Group = 0 // keep the weights as they are
			default:
				if err := a.Check(); err != nil {
					return usagef("want --bits 4 or 8 and --group 32, 64 or 128, found %d and %d", a.Bits, a.Group)
				}
			}
			src, own, err := resolve(args[0])
			if err != nil {
				return err
			}
			progress := newProgress(c.err)
			defer progress.clear()
			o := convert.Options{Affine: a, Progress: func(done, total int64) {
				progress.show(fmt.Sprintf("written %d of %d MB", done>>20, total>>20))
			}}
			if adapter == "" && own == "" {
				return convert.Convert(cmd.Context(), src, args[1], o)
			}
			s, err := (&modelFlags{model: args[0], adapter: adapter, device: deviceCPU, exact: true}).open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			return s.Write(cmd.Context(), args[1], o)
		},
	}
	cmd.Flags().StringVar(&adapter, "adapter", "", "add this adapter to the weights: its name, or a folder")
	cmd.Flags().IntVar(&a.Bits, "bits", 0, "bits of a weight, 4 or 8 (0: keep the weights as they are)")
	cmd.Flags().IntVar(&a.Group, "group", convert.DefaultGroup, "weights that share a scale: 32, 64 or 128")
	return cmd
}
