package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"sightglass/app/example"
)

func (c *command) example() *cobra.Command {
	return &cobra.Command{
		Use:   "example FOLDER",
		Short: "Draw pictures to try tune on: metal parts to sort by defect",
		Args:  exactly(1, "a folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := example.Draw(args[0]); err != nil {
				return err
			}
			fmt.Fprintf(c.out, "%d pictures to learn from and %d to check with are in %s\n", example.Training, example.Validation, args[0])
			return nil
		},
	}
}
