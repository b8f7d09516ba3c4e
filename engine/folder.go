package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sightglass/engine/model"
	"sightglass/engine/token"
)

// maxJSON is the largest configuration file that is read, in bytes. Published ones have a few kilobytes.
const maxJSON = 4 << 20

// folder is a model folder's configuration.
type folder struct {
	model.Files
	architecture string
	eos          []int32
	bosToken     string
	eosToken     string
}

func readFolder(dir string) (*folder, error) {
	f := &folder{}
	for name, into := range map[string]*[]byte{"config.json": &f.Config, "preprocessor_config.json": &f.Preprocessor, "processor_config.json": &f.Processor} {
		var err error
		if *into, err = readSmall(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if f.Config == nil {
		return nil, fmt.Errorf("engine: %q: want a model folder with config.json, found none", dir)
	}
	var config struct {
		Architectures []string `json:"architectures"`
		EOS           ids      `json:"eos_token_id"`
	}
	if err := json.Unmarshal(f.Config, &config); err != nil {
		return nil, fmt.Errorf("engine: config.json: %w", err)
	}
	if len(config.Architectures) == 0 {
		return nil, fmt.Errorf("engine: config.json: \"architectures\": want the name of an architecture, found none")
	}
	f.architecture, f.eos = config.Architectures[0], config.EOS
	var generation struct {
		EOS ids `json:"eos_token_id"`
	}
	if err := decodeSmall(filepath.Join(dir, "generation_config.json"), &generation); err != nil {
		return nil, err
	}
	f.eos = append(f.eos, generation.EOS...)
	var tokenizer struct {
		BOS spelling `json:"bos_token"`
		EOS spelling `json:"eos_token"`
	}
	if err := decodeSmall(filepath.Join(dir, "tokenizer_config.json"), &tokenizer); err != nil {
		return nil, err
	}
	f.bosToken, f.eosToken = string(tokenizer.BOS), string(tokenizer.EOS)
	return f, nil
}

// notes say what a folder lacks and what stands in for it.
func (f *folder) notes(m model.Model) []string {
	if m.Vision() == nil || f.Preprocessor != nil || f.Processor != nil {
		return nil
	}
	return []string{"preprocessor_config.json is missing: pictures are prepared as " + f.architecture + " was published to"}
}

// stops are the tokens that end an answer.
func (f *folder) stops(tok *token.Tokenizer) map[int32]bool {
	stops := map[int32]bool{}
	for _, id := range f.eos {
		stops[id] = true
	}
	// Families end a turn by a token that their configuration does not always name.
	for _, name := range []string{f.eosToken, "<|im_end|>", "<end_of_utterance>", "<|endoftext|>", "<end_of_turn>"} {
		if id, ok := tok.ID(name); ok && name != "" {
			stops[id] = true
		}
	}
	return stops
}

// ids is a token id or a list of them.
type ids []int32

func (i *ids) UnmarshalJSON(data []byte) error {
	var one *int32
	if json.Unmarshal(data, &one) == nil {
		if one != nil {
			*i = ids{*one}
		}
		return nil
	}
	return json.Unmarshal(data, (*[]int32)(i))
}

// spelling is a token as a string, or as an object with its content.
type spelling string

func (s *spelling) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return json.Unmarshal(data, (*string)(s))
	}
	var object struct {
		Content string `json:"content"`
	}
	err := json.Unmarshal(data, &object)
	*s = spelling(object.Content)
	return err
}

// readSmall reads a small file, or returns nil if there is none.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxJSON+1))
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if len(data) > maxJSON {
		return nil, fmt.Errorf("engine: %s: want at most %d bytes, found more", filepath.Base(path), maxJSON)
	}
	return data, nil
}

func decodeSmall(path string, into any) error {
	data, err := readSmall(path)
	if err != nil || data == nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("engine: %s: %w", filepath.Base(path), err)
	}
	return nil
}
