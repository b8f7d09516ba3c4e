#include "notify_darwin.h"

// From objc/runtime.h and objc/message.h, and the classes by name, so that the check of the macOS build needs no SDK.
typedef struct objc_object *id;
typedef struct objc_selector *SEL;
id objc_getClass(const char *name);
SEL sel_registerName(const char *name);
void objc_msgSend(void);

#define SEND(result, ...) ((result(*)(id, SEL, ##__VA_ARGS__))objc_msgSend)

enum { alertAndSound = 1 << 2 | 1 << 1 }; // UNAuthorizationOptionAlert, UNAuthorizationOptionSound

static id string(const char *text) {
	return SEND(id, const char *)(objc_getClass("NSString"), sel_registerName("stringWithUTF8String:"), text);
}

int sg_notify(const char *title, const char *body) {
	id bundle = SEND(id)(objc_getClass("NSBundle"), sel_registerName("mainBundle"));
	id class = objc_getClass("UNUserNotificationCenter");
	// Without a bundle the center raises an exception.
	if (!class || !SEND(id)(bundle, sel_registerName("bundleIdentifier"))) return -1;
	id center = SEND(id)(class, sel_registerName("currentNotificationCenter"));
	id content = SEND(id)(SEND(id)(objc_getClass("UNMutableNotificationContent"), sel_registerName("new")), sel_registerName("autorelease"));
	SEND(void, id)(content, sel_registerName("setTitle:"), string(title));
	SEND(void, id)(content, sel_registerName("setBody:"), string(body));
	id uuid = SEND(id)(SEND(id)(objc_getClass("NSUUID"), sel_registerName("UUID")), sel_registerName("UUIDString"));
	id request = SEND(id, id, id, id)(objc_getClass("UNNotificationRequest"), sel_registerName("requestWithIdentifier:content:trigger:"), uuid, content, (id)0);
	// macOS asks once for an installation; afterwards the answer comes at once.
	SEND(id)(request, sel_registerName("retain")); // which the block, in C, does not
	SEND(void, unsigned long, void (^)(signed char, id))(center, sel_registerName("requestAuthorizationWithOptions:completionHandler:"), alertAndSound,
		^(signed char granted, id error) {
			(void)error;
			if (granted) SEND(void, id, void *)(center, sel_registerName("addNotificationRequest:withCompletionHandler:"), request, (void *)0);
			SEND(void)(request, sel_registerName("release"));
		});
	return 0;
}
