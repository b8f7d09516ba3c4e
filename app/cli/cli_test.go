package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const tiny = "../../engine/testdata/idefics3-split"

// asProgram makes the test binary behave as the program: for signals and exit codes, which need a process.
const asProgram = "SIGHTGLASS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main(os.Args[1:], Options{Version: "test"}))
	}
	os.Exit(m.Run())
}

// run runs a command line in this process.
func run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	c := &command{Options: Options{Version: "test"}, in: strings.NewReader(""), out: &o, err: &e}
	code = c.run(t.Context(), args)
	return code, o.String(), e.String()
}

func TestAskPrintsTheAnswerAndNothingElse(t *testing.T) {
	args := []string{"--model", tiny, "--exact", "--max-tokens", "12", "--image", tiny + "/a.png", "What is that?"}
	code, out, errs := run(t, append([]string{"ask"}, args...)...)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d, stderr %q", code, errs)
	}
	code, object, errs := run(t, append([]string{"ask", "--json"}, args...)...)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d, stderr %q", code, errs)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(object), &got); err != nil {
		t.Fatal(err)
	}
	if text := got["text"].(string); out != text+"\n" || text == "" {
		t.Errorf("got %q on stdout and %q in JSON", out, text)
	}
	want := []string{"finish_reason", "image_tokens", "logprobs", "prompt_ids", "prompt_tokens", "text", "timings", "tokens"}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("fields: got %v, want %v", keys, want)
	}
	want = []string{"decode_tokens_per_s", "first_token_ms", "load_ms", "peak_rss_bytes", "prefill_ms", "vision_ms"}
	if keys := slices.Sorted(maps.Keys(got["timings"].(map[string]any))); !slices.Equal(keys, want) {
		t.Errorf("timings: got %v, want %v", keys, want)
	}
	// The first case of golden.json with one picture: 64 prompt tokens; 2x2 tiles and the whole have 4 rows each.
	if got["prompt_tokens"] != 64.0 || got["image_tokens"] != 20.0 || len(got["tokens"].([]any)) > 12 {
		t.Errorf("got %v prompt tokens, %v image tokens, want 64, 20", got["prompt_tokens"], got["image_tokens"])
	}
}

func TestChatRemembersWhatWasSaid(t *testing.T) {
	var o, e bytes.Buffer
	in := "/image " + tiny + "/a.png\nWhat is that?\n/image missing.png\nSure?\n/new\nHello\n/quit\n"
	c := &command{in: strings.NewReader(in), out: &o, err: &e}
	if code := c.run(t.Context(), []string{"chat", "--model", tiny, "--max-tokens", "4"}); code != 0 {
		t.Fatalf("exit %d: %s", code, e.String())
	}
	if n := strings.Count(o.String(), "\n"); n < 3 {
		t.Errorf("got %q, want three answers", o.String())
	}
	if !strings.Contains(e.String(), `there is no file "missing.png"`) {
		t.Errorf("stderr: got %q, want the missing picture named", e.String())
	}
}

// hugePNG is the header of a picture of 30000x30000 pixels.
func hugePNG() []byte {
	chunk := func(name string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		body := append([]byte(name), data...)
		return binary.BigEndian.AppendUint32(append(b, body...), crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(nil, 30000)
	header = append(binary.BigEndian.AppendUint32(header, 30000), 8, 2, 0, 0, 0)
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header), chunk("IEND", nil))
}

func TestWhatCannotBeDoneIsOneSentence(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	huge, text := write("huge.png", hugePNG()), write("text.png", []byte("words"))
	unknown := filepath.Dir(write("unknown/config.json", []byte(`{"architectures":["WizardForVision"]}`)))
	for _, c := range []struct {
		name string
		code int
		want string
		args []string
	}{
		{"no such picture", 1, "there is no file", []string{"ask", "--model", tiny, "--image", "nowhere.png", "x"}},
		{"no picture at all", 1, "not a readable picture", []string{"ask", "--model", tiny, "--image", text, "x"}},
		{"a header of 900 million pixels", 1, "900 million pixels", []string{"ask", "--model", tiny, "--image", huge, "x"}},
		{"no such model", 1, "want a model folder", []string{"ask", "--model", "nowhere", "x"}},
		{"a repository that climbs out of the cache", 1, "want a model folder", []string{"ask", "--model", "../etc", "x"}},
		{"an unknown architecture", 1, `"WizardForVision"`, []string{"ask", "--model", unknown, "x"}},
		{"a question longer than the context", 1, "too long", []string{"ask", "--model", tiny, "--context", "64", strings.Repeat("word ", 99)}},
		{"no question", 2, "want one question", []string{"ask"}},
		{"two questions", 2, "want one question", []string{"ask", "a", "b"}},
		{"an unknown flag", 2, "unknown flag", []string{"ask", "--colour", "x"}},
		{"an unknown command", 2, `"paint"`, []string{"paint"}},
		{"a temperature below zero", 2, "--temperature", []string{"ask", "--temperature", "-1", "x"}},
		{"a temperature that is no number", 2, "temperature", []string{"ask", "--temperature", "NaN", "x"}},
		{"a picture size that is none", 2, "WIDTHxHEIGHT", []string{"bench", "--model", tiny, "--image", "12"}},
		{"a device that does not exist", 2, "--device", []string{"ask", "--model", tiny, "--device", "abacus", "x"}},
		{"bits that do not exist", 2, "--bits", []string{"convert", "--bits", "5", tiny, dir + "/out"}},
		{"a folder that is there already", 1, dir, []string{"convert", "--bits", "4", "--group", "32", tiny, dir}},
		{"an address of the outside", 1, "127.0.0.1", []string{"serve", "--model", tiny, "--addr", "0.0.0.0:0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SIGHTGLASS_HOME", t.TempDir())
			code, out, errs := run(t, c.args...)
			if code != c.code || out != "" {
				t.Errorf("exit %d with %q on stdout, want %d with nothing", code, out, c.code)
			}
			if !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "sightglass: ") {
				t.Errorf("stderr: got %q, want one line with %q", errs, c.want)
			}
		})
	}
}

func TestInterruptExitsWith130(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "chat", "--model", tiny)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	if _, err := cmd.StdinPipe(); err != nil { // never closed, so that only the signal ends it
		t.Fatal(err)
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	prompt := make([]byte, 2)
	if _, err := io.ReadFull(errs, prompt); err != nil || string(prompt) != "> " {
		t.Fatalf("got %q, %v, want the prompt", prompt, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(errs)
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupt || len(rest) > 0 {
		t.Errorf("exit %d (%v), stderr %q, want %d and nothing", code, err, rest, exitInterrupt)
	}
}

func TestModelsShowDescribesTheModel(t *testing.T) {
	code, out, errs := run(t, "models", "show", tiny)
	if code != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{"Idefics3ForConditionalGeneration", "sees pictures  yes", "512 tokens", "f32"} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant it to say %q", out, want)
		}
	}
}

func TestConvertedModelAnswers(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "small")
	if code, _, errs := run(t, "convert", "--bits", "8", "--group", "32", tiny, dst); code != 0 {
		t.Fatal(errs)
	}
	code, out, errs := run(t, "ask", "--model", dst, "--max-tokens", "5", "--image", tiny+"/a.png", "What is that?")
	if code != 0 || strings.TrimSpace(out) == "" {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	if _, out, _ := run(t, "models", "show", dst); !strings.Contains(out, "8-bit in groups of 32") {
		t.Errorf("got\n%s\nwant it to say how it is quantized", out)
	}
}
