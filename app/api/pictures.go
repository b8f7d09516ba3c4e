package api

import (
	"bytes"
	"context"
	stdimage "image"
	"image/color"
	"image/jpeg"
	"net/http"
	"path"
	"strings"
	"time"

	"sightglass/app/store"
	"sightglass/engine/image"
)

const (
	maxNameRunes = 200
	// thumbnailSide is the longer side of a thumbnail: 160 points on a screen of two pixels a point.
	thumbnailSide = 320
	// forever is for bytes that are named by their hash.
	forever = "private, max-age=31536000, immutable"
)

// mediaTypes are the pictures that are taken, by engine/image's name of the format.
var mediaTypes = map[string]string{
	"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif",
	"WebP": "image/webp", "BMP": "image/bmp", "TIFF": "image/tiff",
}

func (h *Handler) putPicture(w http.ResponseWriter, r *http.Request) error {
	// A type that a form of another site could send without asking is refused.
	if err := wantType(r, "application/octet-stream", "image/"); err != nil {
		return err
	}
	data, err := readBytes(w, r, maxPictureBytes)
	if err != nil {
		return err
	}
	picture, err := h.storePicture(r.Context(), r.URL.Query().Get("name"), data)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, wirePicture(picture))
	return nil
}

// storePicture stores a file that decodes as a picture.
func (h *Handler) storePicture(ctx context.Context, name string, data []byte) (store.Picture, error) {
	info, err := image.Probe(bytes.NewReader(data), image.Limits{})
	if err != nil {
		return store.Picture{}, err
	}
	if _, err := h.decodePicture(ctx, data); err != nil {
		return store.Picture{}, err
	}
	name = oneLine(path.Base(path.Clean(strings.ReplaceAll("/"+name, `\`, "/"))), maxNameRunes)
	if name == "/" {
		name = ""
	}
	return h.Store.PutPicture(store.Picture{
		Name: name, Type: mediaTypes[info.Format], Width: info.Width, Height: info.Height,
	}, data)
}

// decodePicture decodes one picture at a time.
func (h *Handler) decodePicture(ctx context.Context, data []byte) (*image.Picture, error) {
	select {
	case h.decode <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.decode }()
	return image.Decode(ctx, bytes.NewReader(data), image.Limits{})
}

func (h *Handler) getPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Store.Picture(r.PathValue("picture"))
	if err != nil {
		return err
	}
	data, err := h.Store.PictureData(p.ID)
	if err != nil {
		return err
	}
	sendPicture(w, r, p.Type, p.ID, data)
	return nil
}

func (h *Handler) getThumbnail(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("picture")
	data, err := h.Store.PictureData(id)
	if err != nil {
		return err
	}
	small, err := h.thumbnail(r.Context(), data)
	if err != nil {
		return err
	}
	sendPicture(w, r, "image/jpeg", id+"-thumbnail", small)
	return nil
}

// sendPicture serves bytes that a page may show but never run.
func sendPicture(w http.ResponseWriter, r *http.Request, mediaType, tag string, data []byte) {
	header := w.Header()
	header.Set("Content-Type", mediaType)
	header.Set("Content-Disposition", "inline")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", forever)
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// thumbnail is a JPEG of the picture as the model gets it, upright and without transparency.
func (h *Handler) thumbnail(ctx context.Context, data []byte) ([]byte, error) {
	p, err := h.decodePicture(ctx, data)
	if err != nil {
		return nil, err
	}
	if long := max(p.Width, p.Height); long > thumbnailSide {
		size := image.Size{Width: max(1, p.Width*thumbnailSide/long), Height: max(1, p.Height*thumbnailSide/long)}
		if p, err = image.Resize(ctx, p, size, image.Bilinear); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, rgb{p}, &jpeg.Options{Quality: 85}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// rgb shows a picture to Go's encoders.
type rgb struct{ *image.Picture }

func (p rgb) ColorModel() color.Model    { return color.RGBAModel }
func (p rgb) Bounds() stdimage.Rectangle { return stdimage.Rect(0, 0, p.Width, p.Height) }
func (p rgb) At(x, y int) color.Color {
	i := 3 * (y*p.Width + x)
	return color.RGBA{R: p.Pix[i], G: p.Pix[i+1], B: p.Pix[i+2], A: 0xff}
}

func (h *Handler) getSample(w http.ResponseWriter, r *http.Request) error {
	if len(h.Sample.Bytes) == 0 {
		return store.ErrNotFound
	}
	picture, err := h.storePicture(r.Context(), h.Sample.Name, h.Sample.Bytes)
	if err != nil {
		return err
	}
	questions := append([]string{}, h.Sample.Questions...)
	writeJSON(w, http.StatusOK, Sample{Picture: wirePicture(picture), Questions: questions})
	return nil
}

func wirePicture(p store.Picture) Picture {
	return Picture{ID: p.ID, Name: p.Name, Type: p.Type, Width: p.Width, Height: p.Height, Bytes: p.Bytes}
}
