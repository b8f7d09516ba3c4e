package models

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"slices"

	"sightglass/app/hub"
	"sightglass/engine"
	"sightglass/engine/families"
	"sightglass/engine/model"
)

// Offer is a model that could be downloaded. What the hub was not asked is 0 or "".
type Offer struct {
	Repo         hub.Repo
	Says         string // what it is good for
	Bytes        int64  // to download
	Memory       int64  // that it takes when it is open; 0: not known
	Architecture string
	Vision       bool
	Gated        bool // it wants an agreement and a token
	Downloads    int64
	Unknown      bool // of a family that the engine does not know
}

// recommended is the checked-in list. Bytes are those of the files on the pages huggingface.co/<repo>/tree/main, as read in November 2026. The
// shape of the cache was checked against copies and quotes of the config.json of the base models; docs/models.md says which, and what could not be.
//
//go:embed offers.json
var recommended []byte

// Recommended are the models of the list that fit a memory of so many bytes, those first that need least; 0 is not known and fits all.
func Recommended(memory int64) []Offer {
	var list []struct {
		Repo     hub.Repo
		Says     string
		Bytes    int64
		Layers   int64
		KVHeads  int64 `json:"kv_heads"`
		HeadDim  int64 `json:"head_dim"`
		Position int64 `json:"context"`
	}
	if err := json.Unmarshal(recommended, &list); err != nil {
		panic(err) // a test reads it
	}
	offers := []Offer{}
	for _, l := range list {
		// Keys and values in 16 bits, of the two conversations that the engine makes room for.
		const conversations, keysAndValues, halves = 2, 2, 2
		cache := conversations * min(l.Position, engine.DefaultContext) * keysAndValues * halves * l.Layers * l.KVHeads * l.HeadDim
		o := Offer{Repo: l.Repo, Says: l.Says, Bytes: l.Bytes, Memory: l.Bytes + cache + engine.PictureBudget, Vision: true}
		if FitOf(o.Memory, memory) != FitNot {
			offers = append(offers, o)
		}
	}
	slices.SortStableFunc(offers, func(a, b Offer) int { return cmp.Compare(a.Memory, b.Memory) })
	return offers
}

// Search asks the hub for models by their name.
func Search(ctx context.Context, c *hub.Client, words string) ([]Offer, error) {
	found, err := c.Search(ctx, words)
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, len(found))
	for i, f := range found {
		o := Offer{Repo: f.Repo, Bytes: f.Bytes, Architecture: f.Architecture, Gated: f.Gated, Downloads: f.Downloads}
		if f.Architecture != "" {
			_, err := families.Find(f.Architecture)
			o.Unknown = err != nil
		}
		offers[i] = o
	}
	return offers, nil
}

// Look asks the hub what a repository holds, and says what would become of it here.
func Look(ctx context.Context, c *hub.Client, r hub.Repo) (Offer, error) {
	d, err := c.Look(ctx, r)
	if err != nil {
		return Offer{}, err
	}
	about, err := engine.Outlook(model.Files{Config: d.Config, Preprocessor: d.Preprocessor, Processor: d.Processor}, d.Bytes)
	if err != nil {
		return Offer{}, err
	}
	return Offer{Repo: r, Bytes: d.Bytes, Memory: about.Budget.Total(), Architecture: about.Architecture, Vision: about.Vision}, nil
}
