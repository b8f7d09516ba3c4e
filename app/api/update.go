package api

import (
	"net/http"

	"sightglass/app/release"
)

// checkUpdate asks the feed of releases, because a person asked for it: nothing else does.
func (h *Handler) checkUpdate(w http.ResponseWriter, r *http.Request) error {
	latest, err := release.Latest(r.Context(), h.Releases)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, Update{Version: h.Version, Latest: latest.Version, Newer: release.Newer(latest.Version, h.Version), Page: latest.Page})
	return nil
}
