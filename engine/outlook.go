package engine

import (
	"encoding/json"
	"fmt"

	"sightglass/engine/families"
	"sightglass/engine/model"
)

// PictureBudget stands for what encoding a picture takes where the weights are not there to plan it with, in bytes: most families take less.
const PictureBudget = 500_000_000

// Outlook describes a model of which only the configuration is there, before its weights of so many bytes are downloaded. What it tells of the
// memory is exact for weights and context.
func Outlook(files model.Files, weights int64) (Description, error) {
	var config struct {
		Architectures []string `json:"architectures"`
	}
	if err := json.Unmarshal(files.Config, &config); err != nil || len(config.Architectures) == 0 {
		return Description{}, fmt.Errorf("engine: config.json: %w: want the name of an architecture, found none", model.ErrUnsupported)
	}
	family, err := families.Find(config.Architectures[0])
	if err != nil {
		return Description{}, err
	}
	m, err := family.New(files)
	if err != nil {
		return Description{}, err
	}
	info := m.Info()
	slots, length := Options{}.room(info)
	d := Description{Architecture: config.Architectures[0], Vision: m.Vision() != nil, Context: info.Context, Vocab: info.Vocab, Bytes: weights,
		CacheBytes: int64(info.Cache.Bytes(1, Options{}.cacheType()))}
	d.Budget = Budget{Weights: weights, Cache: d.CacheBytes * int64(slots*length)}
	if d.Vision {
		d.Budget.Vision = PictureBudget
	}
	return d, nil
}
