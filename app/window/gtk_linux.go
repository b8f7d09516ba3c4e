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

// Where the screen that the window is on begins, in points, and how many pixels of X11 a point is.
typedef struct { int x, y, scale; } Corner;

static gboolean find_corner(gpointer queue) {
	Corner *c = g_new0(Corner, 1);
	c->scale = 1;
	GList *windows = gtk_window_list_toplevels();
	for (GList *w = windows; w; w = w->next) {
		GdkWindow *window = gtk_widget_get_window(GTK_WIDGET(w->data));
		if (!window || g_strcmp0(gtk_window_get_title(w->data), "Sightglass") != 0) continue;
		GdkMonitor *monitor = gdk_display_get_monitor_at_window(gdk_window_get_display(window), window);
		if (!monitor) continue;
		GdkRectangle r;
		gdk_monitor_get_geometry(monitor, &r);
		c->x = r.x, c->y = r.y, c->scale = gdk_monitor_get_scale_factor(monitor);
	}
	g_list_free(windows);
	g_async_queue_push(queue, c);
	g_async_queue_unref(queue);
	return G_SOURCE_REMOVE;
}

static Corner corner(void) {
	GAsyncQueue *queue = g_async_queue_new_full(g_free);
	g_idle_add(find_corner, g_async_queue_ref(queue));
	Corner *found = g_async_queue_timeout_pop(queue, 5 * G_USEC_PER_SEC);
	Corner c = {0, 0, 1};
	if (found) c = *found;
	g_free(found);
	g_async_queue_unref(queue);
	return c;
}
*/
import "C"

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"image"
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

// corner asks GTK, which knows what X11 does not: the window's screen, and the scale.
func corner(image.Point) (image.Point, int) {
	c := C.corner()
	return image.Pt(int(c.x), int(c.y)), int(c.scale)
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
