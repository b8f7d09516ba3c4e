// What HIToolbox/CarbonEvents.h offers of global shortcuts: RegisterEventHotKey needs no permission, which watching all keys would.
#pragma once
#include <stdint.h>

// sg_listen registers a shortcut; pressed is called on the main thread with handle. Returns an OSStatus, 0 for success.
int32_t sg_listen(uint32_t code, uint32_t modifiers, uintptr_t handle, void **ref);
void sg_unlisten(void *ref);
