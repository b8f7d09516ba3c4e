// dragsource FILE...: a small window whose whole area drags the files, as a file manager does.
#include <gtk/gtk.h>

static void give_files(GtkWidget *area, GdkDragContext *drag, GtkSelectionData *data, guint info, guint time, gpointer uris) {
	(void)area, (void)drag, (void)info, (void)time;
	gtk_selection_data_set_uris(data, uris);
}

int main(int argc, char **argv) {
	gtk_init(&argc, &argv);
	char **uris = g_new0(char *, argc); // ends with NULL
	for (int i = 1; i < argc; i++) uris[i - 1] = g_filename_to_uri(argv[i], NULL, NULL);

	GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL), *area = gtk_event_box_new();
	gtk_window_set_title(GTK_WINDOW(window), "dragsource");
	gtk_widget_set_size_request(area, 100, 100);
	gtk_container_add(GTK_CONTAINER(window), area);
	GtkTargetEntry files = {"text/uri-list", 0, 0};
	gtk_drag_source_set(area, GDK_BUTTON1_MASK, &files, 1, GDK_ACTION_COPY);
	g_signal_connect(area, "drag-data-get", G_CALLBACK(give_files), uris);
	g_signal_connect(window, "destroy", G_CALLBACK(gtk_main_quit), NULL);
	gtk_widget_show_all(window);
	gtk_main();
	return 0;
}
