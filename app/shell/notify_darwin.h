// What UserNotifications offers of notifications, from macOS 10.14 on.
#pragma once

// sg_notify shows a notification, and lets macOS ask the person first if it never did. Returns 0, or -1 for a program outside of an app
// bundle, which may show none. The strings are UTF-8.
int sg_notify(const char *title, const char *body);
