package llava

import (
	"context"
	"encoding/json"
	"fmt"

	"sightglass/engine/graph"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/model/pixtral"
)

// Pixtral is the model with Pixtral's tower: Pixtral 12B.
type Pixtral struct {
	Tower *pixtral.Tower `weight:"vision_tower.vision_model"` // published as "vision_tower": RenameLlavaTower brings it here
	language

	vision pixtral.Config
	prep   image.Pixtral
}

func newPixtral(f model.Files, l language) (model.Model, error) {
	c := struct {
		Vision pixtral.Config `json:"vision_config"`
	}{pixtral.Default()}
	if err := json.Unmarshal(f.Config, &c); err != nil {
		return nil, fmt.Errorf("llava: config.json: %w", err)
	}
	if err := c.Vision.Check(); err != nil {
		return nil, err
	}
	if l.config.FeatureLayer != -1 || l.config.SelectFeature != "full" {
		return nil, fmt.Errorf("llava: %w: config.json: want \"vision_feature_layer\" -1 and \"vision_feature_select_strategy\" \"full\", found %d and %q",
			model.ErrUnsupported, l.config.FeatureLayer, l.config.SelectFeature)
	}
	m := &Pixtral{Tower: pixtral.New(c.Vision), language: l, vision: c.Vision}
	var err error
	m.prep, err = image.ParsePixtral(f.PreprocessorOr("{}"), c.Vision.PatchSize, c.Vision.ImageSize)
	return m, err
}

// Vision implements model.Model.
func (m *Pixtral) Vision() model.Vision { return m }

// Placeholder implements model.Vision.
func (m *Pixtral) Placeholder() string { return pixtral.Picture }

// Key implements model.Vision.
func (m *Pixtral) Key() string { return fmt.Sprintf("pixtral %+v", m.prep) }

// Look implements model.Vision.
func (m *Pixtral) Look(size image.Size) (model.Look, error) {
	return pixtral.Look(m.vision, m.prep, size)
}

// Views implements model.Vision: one view.
func (m *Pixtral) Views(ctx context.Context, p *image.Picture, l model.Look) ([]model.View, error) {
	in, err := pixtral.Values(ctx, m.vision, p, l)
	return []model.View{{Geometry: l.View, Inputs: in}}, err
}

// Encoder implements model.Vision.
func (m *Pixtral) Encoder(g model.Geometry, taps *[]*graph.Node) model.Encoder {
	in := pixtral.NewInputs(m.vision, g[0]*g[1])
	return model.Encoder{Inputs: in.List(), Features: m.Projector.Forward(m.Tower.Forward(in, taps))}
}

var _ model.Vision = (*Pixtral)(nil)
