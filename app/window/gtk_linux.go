//go:build desktop

package window

/*
#cgo pkg-config: gtk+-3.0
#include <gtk/gtk.h>

// Each step answers into a queue: GTK's clipboard may be asked on GTK's thread only, and replies there later.
static void got_picture(GtkClipboard *clipboard, GdkPixbuf *picture, gpointer queue) {
	(void)clipboard;
	gchar *png = NULL;
	gsize size = 0;
	if (picture) gdk_pixbuf_save_to_buffer(picture, &png, &size, "png", NULL, NULL);
	g_async_queue_push(queue, g_bytes_new_take(png, size));
	g_async_queue_unref(queue);
}

static gboolean ask_picture(gpointer queue) {
	gtk_clipboard_request_image(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), got_picture, queue);
	return G_SOURCE_REMOVE;
}

static GBytes *clipboard_picture(void) {
	GAsyncQueue *queue = g_async_queue_new_full((GDestroyNotify)g_bytes_unref);
	g_idle_add(ask_picture, g_async_queue_ref(queue));
	GBytes *png = g_async_queue_timeout_pop(queue, 5 * G_USEC_PER_SEC);
	g_async_queue_unref(queue);
	return png;
}
*/
import "C"

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"unsafe"

	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/runtime"
)

//go:embed page.js
var pageScript string

// helpWebKit lets files reach the page: WebKitGTK tells it that something was dropped or pasted, but not what.
func helpWebKit(app *options.App) {
	f := &files{Handler: app.AssetServer.Handler, clipboard: clipboardPicture}
	app.AssetServer.Handler = f
	app.DragAndDrop = &options.DragAndDrop{EnableFileDrop: true}
	app.OnDomReady = func(ctx context.Context) {
		runtime.WindowExecJS(ctx, pageScript)
	}
	startup := app.OnStartup
	app.OnStartup = func(ctx context.Context) {
		startup(ctx)
		runtime.OnFileDrop(ctx, func(x, y int, paths []string) {
			list, err := json.Marshal(f.drop(paths))
			if err == nil {
				runtime.WindowExecJS(ctx, fmt.Sprintf("dropFiles(%s, %d, %d)", list, x, y))
			}
		})
	}
}

// clipboardPicture returns the picture on the clipboard as a PNG, or nothing.
func clipboardPicture() []byte {
	png := C.clipboard_picture()
	if png == nil {
		return nil
	}
	defer C.g_bytes_unref(png)
	var size C.gsize
	data := C.g_bytes_get_data(png, &size)
	return C.GoBytes(unsafe.Pointer(data), C.int(size))
}
