package api

import (
	"context"
	"errors"
	"net/http"

	"sightglass/app/store"
	"sightglass/engine"
	"sightglass/engine/adapter"
	"sightglass/engine/image"
	"sightglass/engine/model"
)

// Errors of the calls themselves.
var (
	errBadRequest = errors.New("api: request not understood")
	errMediaType  = errors.New("api: media type not understood")
	errEmpty      = errors.New("api: a question needs words or a picture")
	errTitle      = errors.New("api: a title needs words")
	errManyParts  = errors.New("api: too many pictures in a question")
	errBusy       = errors.New("api: this chat is being answered")
	errToken      = errors.New("api: no token")
	errOrigin     = errors.New("api: request from elsewhere")
	errModel      = errors.New("api: model could not be loaded")
)

// explanations says what a person reads for an error, and the status it goes with. The first that matches counts.
var explanations = []struct {
	err    error
	status int
	Problem
}{
	{errBusy, http.StatusConflict,
		Problem{"busy", "This chat is still being answered.", "Stop the answer first."}},
	{errEmpty, http.StatusBadRequest,
		Problem{"empty", "There is nothing to ask yet.", "Write a question or add a picture."}},
	{errTitle, http.StatusBadRequest,
		Problem{"empty", "A chat needs a name.", "Write one."}},
	{errManyParts, http.StatusBadRequest,
		Problem{"too_many_pictures", "That is too many pictures for one question.", "Ask about 16 or fewer."}},
	{errMediaType, http.StatusUnsupportedMediaType,
		Problem{"bad_request", "Sightglass did not understand this request.", ""}},
	{errBadRequest, http.StatusBadRequest,
		Problem{"bad_request", "Sightglass did not understand this request.", ""}},
	{errToken, http.StatusUnauthorized,
		Problem{"unauthorized", "This page does not have the key to this Sightglass.", "Open the address that it printed."}},
	{errOrigin, http.StatusForbidden,
		Problem{"forbidden", "This request came from another site.", "Open the address that Sightglass printed."}},
	{image.ErrNotPicture, http.StatusUnsupportedMediaType,
		Problem{"not_a_picture", "This file is not a picture that Sightglass can read.", "Use PNG, JPEG, GIF, WebP, BMP or TIFF."}},
	{image.ErrTooLarge, http.StatusRequestEntityTooLarge,
		Problem{"too_large", "This picture is too large.", "Use one of at most 100 million pixels and 64 MB."}},
	{engine.ErrTooLong, http.StatusRequestEntityTooLarge,
		Problem{"too_long", "This conversation is too long for the model.", "Start a new chat, or ask about fewer pictures."}},
	{engine.ErrNoVision, http.StatusUnprocessableEntity,
		Problem{"no_vision", "This model does not look at pictures.", "Choose a model that does, or ask without pictures."}},
	{engine.ErrDiverged, http.StatusInternalServerError,
		Problem{"diverged", "The model's weights are damaged.", "Get the model again."}},
	{store.ErrDiskFull, http.StatusInsufficientStorage,
		Problem{"disk_full", "The disk is full, so this was not saved.", "Free some space and try again."}},
	{store.ErrDamaged, http.StatusInternalServerError,
		Problem{"damaged", "What was stored here is damaged.", "Delete it and add it again."}},
	{store.ErrNotFound, http.StatusNotFound,
		Problem{"not_found", "This is not here any more.", ""}},
	{model.ErrUnsupported, http.StatusServiceUnavailable,
		Problem{"unsupported_model", "Sightglass does not know this kind of model.", "Choose another model."}},
	{adapter.ErrNoMatch, http.StatusServiceUnavailable,
		Problem{"adapter", "This adapter was made for another model.", "Choose its model, or go without it."}},
	{errModel, http.StatusServiceUnavailable,
		Problem{"model_failed", "The model could not be loaded.", "Start Sightglass again, or choose another model."}},
	{context.Canceled, http.StatusServiceUnavailable,
		Problem{"stopped", "This was stopped.", "Try again."}},
}

// explain is the one place where an error becomes a status and what a person reads. The error itself goes to the log.
func explain(err error) (int, Problem) {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		if large.Limit == maxPictureBytes {
			err = image.ErrTooLarge
		} else {
			return http.StatusRequestEntityTooLarge, Problem{"too_large", "This is too long.", "Send less at once."}
		}
	}
	for _, e := range explanations {
		if errors.Is(err, e.err) {
			return e.status, e.Problem
		}
	}
	return http.StatusInternalServerError, Problem{"internal", "Something went wrong in Sightglass.", "Try again."}
}
