package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sightglass/engine"
)

func (c *command) chat() *cobra.Command {
	var f askFlags
	cmd := &cobra.Command{
		Use:   "chat [flags]",
		Short: "Ask again and again on the terminal; /image FILE adds a picture, /new begins again, /quit ends",
		Args:  exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return c.converse(cmd.Context(), &f)
		},
	}
	f.add(cmd)
	return cmd
}

// converse answers each line of the input with all that was said before in mind.
func (c *command) converse(ctx context.Context, f *askFlags) error {
	pictures, err := readPictures(f.images)
	if err != nil {
		return err
	}
	s, progress, err := c.openShown(ctx, &f.modelFlags)
	if err != nil {
		return err
	}
	defer s.Close()
	defer progress.clear()
	progress.clear()
	lines := readLines(ctx, c)
	var messages []engine.Message
	for {
		fmt.Fprint(c.err, "> ")
		var line string
		var ok bool
		select {
		case line, ok = <-lines:
		case <-ctx.Done():
		}
		if !ok {
			return ctx.Err()
		}
		name, isImage := strings.CutPrefix(line, "/image ")
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case line == "/quit":
			return nil
		case line == "/new":
			messages, pictures = nil, nil
			continue
		case isImage:
			more, err := readPictures([]string{strings.TrimSpace(name)})
			if err != nil {
				fmt.Fprintln(c.err, sentence(err))
				continue
			}
			pictures = append(pictures, more...)
			continue
		}
		turn := append(messages, f.request(pictures, line).Messages...)
		stream := &answerStream{out: c.out, progress: progress}
		r, err := s.Generate(ctx, engine.Request{Messages: turn, MaxTokens: f.maxTokens, Stop: f.stop, Sampling: f.sampling}, stream.event)
		progress.clear()
		fmt.Fprintln(c.out)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			fmt.Fprintln(c.err, sentence(err)) // the question is dropped, the conversation goes on
			continue
		}
		messages, pictures = append(turn, engine.Message{Role: engine.Assistant, Parts: []engine.Part{{Text: r.Text}}}), nil
	}
}

// readLines sends the lines of the input until it or ctx ends.
func readLines(ctx context.Context, c *command) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(c.in)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}
