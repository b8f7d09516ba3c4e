#include "shortcut_darwin.h"

// From HIToolbox/CarbonEventsCore.h, CarbonEvents.h and Events.h, so that the check of the macOS build needs no SDK.
typedef struct OpaqueEventRef *EventRef;
typedef struct OpaqueEventHandlerRef *EventHandlerRef;
typedef struct OpaqueEventHandlerCallRef *EventHandlerCallRef;
typedef struct OpaqueEventTargetRef *EventTargetRef;
typedef struct OpaqueEventHotKeyRef *EventHotKeyRef;
typedef struct { uint32_t signature, id; } EventHotKeyID;
typedef struct { uint32_t eventClass, eventKind; } EventTypeSpec;
typedef int32_t (*EventHandlerUPP)(EventHandlerCallRef, EventRef, void *);
EventTargetRef GetApplicationEventTarget(void);
int32_t InstallEventHandler(EventTargetRef, EventHandlerUPP, unsigned long, const EventTypeSpec *, void *, EventHandlerRef *);
int32_t RegisterEventHotKey(uint32_t, uint32_t, EventHotKeyID, EventTargetRef, uint32_t, EventHotKeyRef *);
int32_t UnregisterEventHotKey(EventHotKeyRef);
int32_t GetEventParameter(EventRef, uint32_t, uint32_t, uint32_t *, unsigned long, unsigned long *, void *);

enum {
	kEventClassKeyboard = 'keyb',
	kEventHotKeyPressed = 5,
	kEventHotKeyExclusive = 1, // fails where another program has it
	kEventParamDirectObject = '----',
	typeEventHotKeyID = 'hkid',
	ourSignature = 'Sght',
};

// Go's.
extern void shortcutPressed(uintptr_t handle);

static uintptr_t handles[16]; // by id
static EventHotKeyRef refs[16];

static int32_t pressed(EventHandlerCallRef call, EventRef event, void *data) {
	(void)call, (void)data;
	EventHotKeyID id = {0, 0};
	if (GetEventParameter(event, kEventParamDirectObject, typeEventHotKeyID, 0, sizeof id, 0, &id) != 0) return -9874; // eventNotHandledErr
	if (id.signature != ourSignature || id.id >= 16 || !handles[id.id]) return -9874;
	shortcutPressed(handles[id.id]);
	return 0;
}

int32_t sg_listen(uint32_t code, uint32_t modifiers, uintptr_t handle, void **ref) {
	static int installed;
	if (!installed) {
		EventTypeSpec type = {kEventClassKeyboard, kEventHotKeyPressed};
		int32_t status = InstallEventHandler(GetApplicationEventTarget(), pressed, 1, &type, 0, 0);
		if (status != 0) return status;
		installed = 1;
	}
	uint32_t id = 0;
	while (id < 16 && handles[id]) id++;
	if (id == 16) return -108; // memFullErr
	EventHotKeyRef r = 0;
	int32_t status = RegisterEventHotKey(code, modifiers, (EventHotKeyID){ourSignature, id}, GetApplicationEventTarget(), kEventHotKeyExclusive, &r);
	if (status != 0) return status;
	handles[id] = handle;
	refs[id] = r;
	*ref = r;
	return 0;
}

void sg_unlisten(void *ref) {
	for (int id = 0; id < 16; id++) {
		if (handles[id] && refs[id] == ref) {
			UnregisterEventHotKey(refs[id]);
			handles[id] = 0;
			refs[id] = 0;
		}
	}
}
