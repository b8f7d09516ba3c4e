package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

const (
	maxJSONBytes    = 1 << 20
	maxPictureBytes = 64 << 20
)

// readJSON reads a body that holds exactly one value of T, without fields T does not have.
func readJSON[T any](w http.ResponseWriter, r *http.Request) (value T, err error) {
	if err := wantType(r, "application/json"); err != nil {
		return value, err
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSONBytes))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		return value, bodyError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value, bodyError(fmt.Errorf("want one JSON value, found more: %w", err))
	}
	return value, nil
}

// readBytes reads a body of at most limit bytes.
func readBytes(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, bodyError(err)
	}
	return data, nil
}

func bodyError(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return tooLarge
	}
	return fmt.Errorf("%w: %w", errBadRequest, err)
}

// wantType checks the body's media type; "image/" stands for all types that begin so.
func wantType(r *http.Request, types ...string) error {
	found, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && slices.ContainsFunc(types, func(t string) bool {
		return found == t || strings.HasSuffix(t, "/") && strings.HasPrefix(found, t)
	}) {
		return nil
	}
	return fmt.Errorf("%w: want %s, found %q", errMediaType, strings.Join(types, " or "), r.Header.Get("Content-Type"))
}

// writeJSON answers with a value. An error here means that nobody reads any more.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
