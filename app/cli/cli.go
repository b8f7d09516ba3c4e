// Package cli is the command line: it reads arguments and the environment, and hands the work to the engine and the app.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"sightglass/app/shell"
)

// Exit codes.
const (
	exitError     = 1
	exitUsage     = 2
	exitInterrupt = 130 // 128 + SIGINT, as shells have it
)

// Options are what the program adds to the command line.
type Options struct {
	Version string
	// Window shows the app's window as it was left until it is closed; nil in a build without one.
	Window func(ctx context.Context, h http.Handler, at shell.Frame, started Started) error
}

// command is what all commands share.
type command struct {
	Options
	in       io.Reader
	out, err io.Writer
}

// Main runs the command line and returns the exit code: 0, 1 for an error with one sentence on stderr, 2 for wrong usage, 130 after Ctrl-C.
func Main(args []string, opts Options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &command{Options: opts, in: os.Stdin, out: os.Stdout, err: os.Stderr}
	return c.run(ctx, args)
}

func (c *command) run(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(c.err, "sightglass: %s. See sightglass --help.\n", usage.text)
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupt
	default:
		fmt.Fprintln(c.err, "sightglass:", sentence(err))
		return exitError
	}
}

// usageError is returned when the command line itself is wrong.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, a ...any) error { return usageError{fmt.Sprintf(format, a...)} }

func (c *command) root() *cobra.Command {
	var about string
	var hidden bool
	root := &cobra.Command{
		Use:           "sightglass",
		Short:         "Ask about what you see, with models that run on this machine",
		Version:       c.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && (c.Window == nil || !isOpened(args[0])) {
				return usagef("there is no command %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.Window == nil {
				return cmd.Help()
			}
			if about != "" {
				args = append(args, askFlag+about)
			}
			return c.window(cmd.Context(), args, hidden)
		},
	}
	if c.Window != nil {
		root.Flags().StringVar(&about, "ask", "", "in the window, ask about: selection, window, screen or clipboard")
		root.Flags().BoolVar(&hidden, strings.TrimPrefix(shell.HiddenFlag, "--"), false, "start in the desktop's bar, without showing the window")
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err.Error()} })
	root.AddCommand(c.ask(), c.chat(), c.serve(), c.bench(), c.convert(), c.models(), c.tune(), c.adapters(), c.example())
	return root
}

// exactly wants n arguments, named in the message.
func exactly(n int, names string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("want %s, found %d arguments", names, len(args))
		}
		return nil
	}
}
