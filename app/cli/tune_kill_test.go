package cli

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sightglass/app/store"
)

// storedAdapter reads an adapter from a data folder, which must be sound.
func storedAdapter(t *testing.T, home, name string) (store.Adapter, error) {
	t.Helper()
	s, err := store.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if aside := s.SetAside(); aside != "" {
		t.Fatalf("got a damaged file, set aside as %q", aside)
	}
	return s.Adapter(name)
}

// killed runs a command line as a process and kills it once it has printed so many lines, or lets it end.
func killed(t *testing.T, home string, lines int, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "SIGHTGLASS_HOME="+home)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(out)
	for range lines {
		if !scan.Scan() {
			t.Fatalf("the training ended before it was killed: %s", errs.String())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

// However often a training is killed, it goes on from the last stored state, and ends as one that was left alone.
func TestAKilledTuneGoesOnToTheSameEnd(t *testing.T) {
	kills := 20
	if testing.Short() {
		kills = 4
	}
	home, data := t.TempDir(), lessonFolder(t)
	args := func(name string, more ...string) []string {
		return tuneArgs(data, name, append([]string{"--steps", "90", "--save-every", "3", "--compare"}, more...)...)
	}
	if code, _, errs := sightglass(t.Context(), home, t, args("whole")...); code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	want, err := storedAdapter(t, home, "whole")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	reached := 0
	for range kills {
		more := []string{}
		if _, err := storedAdapter(t, home, "parts"); err == nil {
			more = append(more, "--resume")
		} else if !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		killed(t, home, r.IntN(6), args("parts", more...)...)
		if a, err := storedAdapter(t, home, "parts"); err == nil {
			if n := len(a.Losses); n < reached {
				t.Fatalf("got %d steps, %d were stored before", n, reached)
			}
			reached = len(a.Losses)
		}
	}
	if reached == 0 {
		t.Fatal("no kill came after a stored state, so this test could not fail")
	}
	if code, _, errs := sightglass(t.Context(), home, t, args("parts", "--resume")...); code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	got, err := storedAdapter(t, home, "parts")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got.Losses, want.Losses, func(a, b store.Loss) bool { return reflect.DeepEqual(a, b) }) {
		t.Error("the losses differ from those of a training that was left alone")
	}
	if !reflect.DeepEqual(got.Files, want.Files) || !got.Finished {
		t.Errorf("files: got %+v, want %+v", got.Files, want.Files)
	}
}

func TestAPoisonedAdapterIsRefusedInOneSentence(t *testing.T) {
	home, data := t.TempDir(), lessonFolder(t)
	if code, _, errs := sightglass(t.Context(), home, t, tuneArgs(data, "parts")...); code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	s, err := store.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	good := t.TempDir()
	if _, err := s.WriteAdapter("parts", good); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(good, "adapter_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for name, poison := range map[string][]byte{
		"cut short":      weights[:len(weights)/2],
		"empty":          nil,
		"a giant header": append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, weights[8:]...),
		"ranges outside": []byte(strings.Replace(string(weights), `"data_offsets":[0,`, `"data_offsets":[9,`, 1)),
	} {
		if err := os.WriteFile(filepath.Join(good, "adapter_model.safetensors"), poison, 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := sightglass(t.Context(), home, t, "ask", "--model", tinyModel, "--device", "cpu", "--adapter", good, "What?")
		if code != 1 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: got %d, %q, %q, want one sentence", name, code, out, errs)
		}
		code, _, errs = sightglass(t.Context(), home, t, tuneArgs(data, "other", "--init", filepath.Join(good, "adapter_model.safetensors"))...)
		if code != 1 || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s as start values: got %d, %q, want one sentence", name, code, errs)
		}
		if _, err := storedAdapter(t, home, "other"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v, want nothing stored", name, err)
		}
	}
	if _, err := storedAdapter(t, home, "parts"); err != nil {
		t.Error(err)
	}
}

// A full disk is played by the limit of a file's size, as in package store: whatever the training was writing when it filled, what was stored
// before is whole, and with room again it goes on to the same end.
func TestATuneOnAFullDiskLosesNothing(t *testing.T) {
	home, data := t.TempDir(), lessonFolder(t)
	args := tuneArgs(data, "parts", "--save-every", "1")
	if code, _, errs := sightglass(t.Context(), home, t, tuneArgs(data, "whole", "--save-every", "1")...); code != 0 {
		t.Fatalf("got %d: %s", code, errs)
	}
	info, err := os.Stat(filepath.Join(home, "sightglass.db"))
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, kb := range []int64{64, info.Size() / 1024, info.Size()/1024 + 100} {
		more := args
		if _, err := storedAdapter(t, home, "parts"); err == nil {
			more = append(slices.Clone(args), "--resume")
		}
		line := append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, kb), os.Args[0]}, more...)
		cmd := exec.CommandContext(t.Context(), "bash", line...)
		cmd.Env = append(os.Environ(), asProgram+"=1", "SIGHTGLASS_HOME="+home)
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Run(); err == nil {
			continue
		}
		full++
		if strings.Count(errs.String(), "\n") != 1 || strings.Contains(errs.String(), "goroutine") {
			t.Errorf("with %d KB: got %q, want one sentence", kb, errs.String())
		}
		if _, err := storedAdapter(t, home, "whole"); err != nil {
			t.Fatal(err)
		}
	}
	if full == 0 {
		t.Fatal("the disk was never full, so this test could not fail")
	}
	if _, err := storedAdapter(t, home, "parts"); err == nil {
		args = append(args, "--resume")
	}
	got, err := storedAdapter(t, home, "parts")
	if err != nil || !got.Finished {
		if code, _, errs := sightglass(t.Context(), home, t, args...); code != 0 {
			t.Fatalf("got %d: %s", code, errs)
		}
	}
	if got, err = storedAdapter(t, home, "parts"); err != nil {
		t.Fatal(err)
	}
	want, err := storedAdapter(t, home, "whole")
	if err != nil || !reflect.DeepEqual(got.Files, want.Files) {
		t.Errorf("got %+v, %v, want the files of a training that had room, %+v", got.Files, err, want.Files)
	}
}
