package api

import (
	"context"
	"errors"
	"io/fs"
	"net/http"

	"golang.org/x/sys/unix"

	"sightglass/app/hub"
	"sightglass/app/models"
	"sightglass/app/release"
	"sightglass/app/shell"
	"sightglass/app/store"
	"sightglass/app/tuner"
	"sightglass/engine"
	"sightglass/engine/adapter"
	"sightglass/engine/image"
	"sightglass/engine/model"
	"sightglass/engine/train"
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
	errTraining   = errors.New("api: a training runs already")
	errLearning   = errors.New("api: a training keeps the model")
	errModelUsed  = errors.New("api: the model is in use")
	errNoFolder   = errors.New("api: there is no such folder")
	errTorn       = errors.New("api: the folder holds no whole model")
	errNoBase     = errors.New("api: this model cannot be trained")
	errNoTuning   = errors.New("api: this app does not train")
	errNoData     = errors.New("api: there is no data to learn from")
	errNoAdapter  = errors.New("api: there is no adapter for this model")
	errNoPath     = errors.New("api: there is no such folder or table")
	errFewRows    = errors.New("api: too few examples")
	errShortcut   = errors.New("api: no such shortcut")
	errErasing    = errors.New("api: what is being written cannot be erased")
	errNoExports  = errors.New("api: there is no folder to export to")
	errNoShell    = errors.New("api: this page is not in the app's window")
	errSettings   = errors.New("api: settings of a training out of bounds")
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
	{errTraining, http.StatusConflict,
		Problem{"training", "A training runs already.", "Pause or stop it first."}},
	{errNoTuning, http.StatusNotFound,
		Problem{"no_tuning", "This Sightglass cannot train.", ""}},
	{errLearning, http.StatusConflict,
		Problem{"training", "A training runs on the model that is in use.", "Pause or stop it first."}},
	{errModelUsed, http.StatusConflict,
		Problem{"model_used", "This model is in use.", "Use another one first."}},
	{models.ErrUnknown, http.StatusNotFound,
		Problem{"no_model", "This model is not on this machine any more.", "Choose another one."}},
	{models.ErrKept, http.StatusConflict,
		Problem{"model_kept", "The built-in model cannot be removed.", ""}},
	{errNoFolder, http.StatusBadRequest,
		Problem{"no_folder", "There is no such folder.", "Write its whole path."}},
	{models.ErrGGUF, http.StatusUnprocessableEntity,
		Problem{"gguf", "This is a GGUF file, not a folder.", "The command sightglass convert makes a folder of it."}},
	{hub.ErrToken, http.StatusBadRequest,
		Problem{"bad_token", "This is not an access token.", "Copy it from the settings of your account on the hub."}},
	{models.ErrBusy, http.StatusConflict,
		Problem{"model_busy", "This model is being downloaded or converted.", "Wait for that, or cancel it."}},
	{models.ErrNoTask, http.StatusNotFound,
		Problem{"no_task", "This is done or was cancelled.", ""}},
	{hub.ErrOffline, http.StatusConflict,
		Problem{"offline", "The network is forbidden by HF_HUB_OFFLINE.", "Start Sightglass without it."}},
	{hub.ErrName, http.StatusBadRequest,
		Problem{"no_repository", "This is not the name of a repository.", "Write it as owner/name."}},
	{hub.ErrNotFound, http.StatusNotFound,
		Problem{"no_repository", "The hub has no such repository.", "Check its name."}},
	{hub.ErrAccess, http.StatusForbidden,
		Problem{"no_access", "This repository wants an access token that may read it.", "Agree to its terms on the hub, and set a token here."}},
	{hub.ErrNoModel, http.StatusUnprocessableEntity,
		Problem{"not_a_model", "This repository holds no model that can run here.", "Choose another one."}},
	{hub.ErrSpace, http.StatusInsufficientStorage,
		Problem{"disk_full", "There is not enough room on the disk for this model.", "Free some space and try again."}},
	{hub.ErrCorrupt, http.StatusBadGateway,
		Problem{"hub", "The hub sent other bytes than it announced.", "Try again."}},
	{hub.ErrHub, http.StatusBadGateway,
		Problem{"hub", "The hub does not answer as a hub does.", "Check the connection and try again."}},
	{unix.ENOSPC, http.StatusInsufficientStorage,
		Problem{"disk_full", "The disk is full, so this was not saved.", "Free some space and try again."}},
	{errNoBase, http.StatusConflict,
		Problem{"no_base", "This model cannot be trained.", "Choose another model."}},
	{errNoShell, http.StatusNotFound,
		Problem{"no_shell", "This page is in a browser, not in Sightglass's window.", "Open Sightglass."}},
	{errShortcut, http.StatusBadRequest,
		Problem{"bad_shortcut", "This is not a shortcut.", "Hold Ctrl, Alt or Cmd with a letter, a digit, Space or F1 to F12."}},
	{shell.ErrShortcutTaken, http.StatusConflict,
		Problem{"shortcut_taken", "Another program has this shortcut.", "Choose another one."}},
	{shell.ErrNoShortcuts, http.StatusConflict,
		Problem{"no_shortcuts", "This desktop gives programs no shortcuts.", "Set one in its own settings that runs: sightglass-desktop --ask=selection"}},
	{shell.ErrLoginApproval, http.StatusConflict,
		Problem{"login_approval", "macOS wants you to allow this.", "Turn on Sightglass under Login Items in System Settings."}},
	{shell.ErrNoLogin, http.StatusConflict,
		Problem{"no_login", "This system starts no programs at login.", ""}},
	{release.ErrNoAnswer, http.StatusBadGateway,
		Problem{"no_feed", "The list of releases cannot be reached.", "Try again later."}},
	{errErasing, http.StatusConflict,
		Problem{"busy", "Something is still being written.", "Stop answers and trainings first."}},
	{errNoExports, http.StatusConflict,
		Problem{"no_exports", "There is no folder to export to.", ""}},
	{errNoData, http.StatusBadRequest,
		Problem{"no_data", "There is nothing to learn from yet.", "Choose pictures first."}},
	{errNoAdapter, http.StatusBadRequest,
		Problem{"no_adapter", "There is no adapter for this model there.", "Choose a folder with adapter_config.json that PEFT or mlx-vlm wrote for it."}},
	{errNoPath, http.StatusBadRequest,
		Problem{"no_path", "There are no pictures and no table to learn from there.", "Choose another folder, .csv, .json, .jsonl or .parquet."}},
	{errFewRows, http.StatusBadRequest,
		Problem{"few_rows", "There are too few examples to learn from.", "Add pictures with answers: two at least."}},
	{errSettings, http.StatusBadRequest,
		Problem{"bad_settings", "These settings cannot be trained with.", "Choose a goal again."}},
	{tuner.ErrBadRows, http.StatusUnprocessableEntity,
		Problem{"bad_rows", "Some examples cannot be used.", "Correct them or leave them out."}},
	{tuner.ErrExists, http.StatusConflict,
		Problem{"name_taken", "There is a training of this name already.", "Choose another name."}},
	{store.ErrNameTaken, http.StatusConflict,
		Problem{"name_taken", "There is a training of this name already.", "Choose another name."}},
	{tuner.ErrOther, http.StatusConflict,
		Problem{"other", "This training began with another model or other data, so it cannot go on.", "Start a new one."}},
	{tuner.ErrFinished, http.StatusConflict,
		Problem{"finished", "This training is finished.", ""}},
	{train.ErrMemory, http.StatusUnprocessableEntity,
		Problem{"memory", "This training does not fit the memory of this machine.", "Train fewer layers, or a smaller model."}},
	{train.ErrDiverged, http.StatusUnprocessableEntity,
		Problem{"train_diverged", "The training went astray; its last good state was kept.", "Try a lower learning rate."}},
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
	{engine.ErrMemory, http.StatusServiceUnavailable,
		Problem{"model_memory", "This model needs more memory than this machine has.", "Choose a smaller one."}},
	{models.ErrNoModel, http.StatusUnprocessableEntity,
		Problem{"not_a_model", "This folder holds no model that can run here.", "Choose one with config.json and safetensors files."}},
	{errTorn, http.StatusUnprocessableEntity,
		Problem{"model_torn", "This model is damaged or not whole.", "Remove it, or get it again."}},
	{errModel, http.StatusServiceUnavailable,
		Problem{"model_failed", "The model could not be loaded.", "Start Sightglass again, or choose another model."}},
	{fs.ErrNotExist, http.StatusNotFound,
		Problem{"file_gone", "A picture or file is not where it was.", "Put it back, or choose the pictures again."}},
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
