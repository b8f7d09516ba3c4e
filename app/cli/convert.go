package cli

import (
	"github.com/spf13/cobra"
)

func (c *command) convert() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "convert [flags] SRC DST",
		Short: "Make a smaller copy of a model",
		Args:  exactly(2, "a model and a new folder"),
	}
	return cmd
}
