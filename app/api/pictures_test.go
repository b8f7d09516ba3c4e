package api

import (
	"bytes"
	"context"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// get makes a GET with headers and returns the response and its body.
func (c *client) get(path string, header map[string]string) (*http.Response, []byte) {
	c.t.Helper()
	r := c.request(context.Background(), "GET", path, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response := c.do(r)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(c.t, err)
	return response, body
}

func TestPictureBytes(t *testing.T) {
	c := serve(t, says("yes"))
	img, err := png.Decode(bytes.NewReader(pngOf(t, 70, 50)))
	must(t, err)
	for mediaType, encode := range map[string]func(io.Writer) error{
		"image/png":  func(w io.Writer) error { return png.Encode(w, img) },
		"image/jpeg": func(w io.Writer) error { return jpeg.Encode(w, img, nil) },
		"image/gif":  func(w io.Writer) error { return gif.Encode(w, img, nil) },
		"image/bmp":  func(w io.Writer) error { return bmp.Encode(w, img) },
		"image/tiff": func(w io.Writer) error { return tiff.Encode(w, img, nil) },
	} {
		t.Run(mediaType, func(t *testing.T) {
			var data bytes.Buffer
			must(t, encode(&data))
			p := c.upload("x", data.Bytes())
			if p.Type != mediaType || p.Width != 70 || p.Height != 50 || p.Bytes != int64(data.Len()) {
				t.Errorf("got %+v, want %s of 70x50 in %d bytes", p, mediaType, data.Len())
			}
			response, body := c.get("/api/pictures/"+p.ID, nil)
			if !bytes.Equal(body, data.Bytes()) {
				t.Errorf("got %d other bytes, want the %d sent", len(body), data.Len())
			}
			for name, want := range map[string]string{
				"Content-Type": mediaType, "Content-Disposition": "inline", "X-Content-Type-Options": "nosniff",
				"ETag": `"` + p.ID + `"`, "Cache-Control": "private, max-age=31536000, immutable",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
			} {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if response, body := c.get("/api/pictures/"+p.ID, map[string]string{"If-None-Match": `"` + p.ID + `"`}); response.StatusCode != http.StatusNotModified || len(body) > 0 {
				t.Errorf("asked again: got %d and %d bytes, want 304 and none", response.StatusCode, len(body))
			}
		})
	}
}

func TestThumbnails(t *testing.T) {
	c := serve(t, says("yes"))
	for _, test := range []struct{ width, height, wantWidth, wantHeight int }{
		{1000, 500, 320, 160}, {500, 1000, 160, 320}, {320, 10, 320, 10}, {17, 9, 17, 9}, {1500, 2, 320, 1},
	} {
		p := c.upload("x.png", pngOf(t, test.width, test.height))
		response, body := c.get("/api/pictures/"+p.ID+"/thumbnail", nil)
		config, format, err := image.DecodeConfig(bytes.NewReader(body))
		must(t, err)
		if format != "jpeg" || response.Header.Get("Content-Type") != "image/jpeg" || config.Width != test.wantWidth || config.Height != test.wantHeight {
			t.Errorf("%dx%d: got %s of %dx%d, want a JPEG of %dx%d", test.width, test.height, format, config.Width, config.Height, test.wantWidth, test.wantHeight)
		}
	}
}

func TestThumbnailHasThePicturesColours(t *testing.T) {
	c := serve(t, says("yes"))
	img := image.NewRGBA(image.Rect(0, 0, 640, 640))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{200, 100, 50, 255})
	}
	var data bytes.Buffer
	must(t, png.Encode(&data, img))
	_, body := c.get("/api/pictures/"+c.upload("", data.Bytes()).ID+"/thumbnail", nil)
	small, err := jpeg.Decode(bytes.NewReader(body))
	must(t, err)
	r, g, b, _ := small.At(160, 100).RGBA()
	for i, got := range []uint32{r >> 8, g >> 8, b >> 8} {
		if want := []uint32{200, 100, 50}[i]; got+4 < want || got > want+4 {
			t.Errorf("channel %d: got %d, want %d", i, got, want)
		}
	}
}

func TestPictureNames(t *testing.T) {
	c := serve(t, says("yes"))
	data := pngOf(t, 5, 5)
	for name, want := range map[string]string{
		"a.png": "a.png", "": "", "/": "", "..": "", ".": "", "../../etc/passwd": "passwd", `C:\Users\me\b.png`: "b.png", "a\r\nb\x00.png": "a b .png",
		"\xff.png": "\uFFFD.png", strings.Repeat("é", 300): strings.Repeat("é", 199) + "…",
	} {
		if got := c.upload(name, data).Name; got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestSample(t *testing.T) {
	c := serve(t, says("yes"))
	var first, second Sample
	c.call("GET", "/api/sample", nil, http.StatusOK, &first)
	c.call("GET", "/api/sample", nil, http.StatusOK, &second)
	if first.Picture.ID == "" || first.Picture != second.Picture || first.Picture.Name != "sample.png" || len(first.Questions) != 1 {
		t.Errorf("got %+v and %+v, want the same sample twice", first, second)
	}
	chat := c.newChat()
	c.ask("/api/chats/"+chat+"/ask", Ask{Text: first.Questions[0], Pictures: []string{first.Picture.ID}})
	without := serveOptions(t, t.TempDir(), func(o *Options) {
		o.Sample = SampleFile{}
		o.Find = finds(says("yes"))
	})
	without.refused("GET", "/api/sample", nil, http.StatusNotFound, "not_found")
}

func TestPage(t *testing.T) {
	c := serve(t, says("yes"))
	index := "<!doctype html><title>page</title>"
	for _, test := range []struct {
		path, want, cache string
		status            int
	}{
		{"/", index, "no-cache", 200},
		{"/chats/12", index, "no-cache", 200},
		{"/favicon.svg", "<svg/>", "no-cache", 200},
		{"/assets/main-123.js", "run()", "private, max-age=31536000, immutable", 200},
		{"/assets/main-124.js", "404 page not found\n", "", 404},
		{"/assets", index, "no-cache", 200},
		{"/.env", "404 page not found\n", "", 404},
	} {
		response, body := c.get(test.path, nil)
		if response.StatusCode != test.status || string(body) != test.want || response.Header.Get("Cache-Control") != test.cache {
			t.Errorf("%s: got %d %q cached %q, want %d %q cached %q", test.path,
				response.StatusCode, body, response.Header.Get("Cache-Control"), test.status, test.want, test.cache)
		}
		policy := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s: got policy %q, want only its own scripts", test.path, policy)
		}
	}
	c.call("POST", "/", nil, http.StatusMethodNotAllowed, nil)
	empty := serveOptions(t, t.TempDir(), func(o *Options) {
		o.Page = nil
		o.Find = finds(says("yes"))
	})
	empty.call("GET", "/", nil, http.StatusNotFound, nil)
}

func TestEveryProblemIsASentence(t *testing.T) {
	for _, e := range explanations {
		status, p := explain(e.err)
		if p != e.Problem || status != e.status {
			t.Errorf("%v: got %+v, want its own problem %+v", e.err, p, e.Problem)
		}
		if p.Code == "" || !strings.HasSuffix(p.Sentence, ".") || strings.Count(p.Sentence, ".") != 1 {
			t.Errorf("%v: got %+v, want a code and one sentence", e.err, p)
		}
	}
}

// TestTypesAreGenerated fails when types.go has changed and frontend/src/lib/types.ts has not: run make generate.
func TestTypesAreGenerated(t *testing.T) {
	const generated = "frontend/src/lib/types.ts"
	top := filepath.Join("..", "..")
	config, err := os.ReadFile(filepath.Join(top, "build", "tygo.yaml"))
	must(t, err)
	fresh := filepath.Join(t.TempDir(), "types.ts")
	mine := filepath.Join(t.TempDir(), "tygo.yaml")
	must(t, os.WriteFile(mine, bytes.ReplaceAll(config, []byte(generated), []byte(fresh)), 0o600))
	command := exec.Command("go", "tool", "tygo", "--config", mine, "generate")
	command.Dir = top
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("tygo: %v\n%s", err, out)
	}
	want, err := os.ReadFile(fresh)
	must(t, err)
	got, err := os.ReadFile(filepath.Join(top, generated))
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what types.go says: run make generate", generated)
	}
}
