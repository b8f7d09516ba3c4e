//go:build fakemetal && !darwin

// The messages that darwinkit sends on a Mac, to the fake.
#import <Metal/Metal.h>
#include <stdio.h>
#include "fake.h"

static uintptr_t made(id object, NSError *e, char *text, size_t n) {
	if (!object) snprintf(text, n, "error %ld: %s", (long)[e code], e ? [[e localizedDescription] UTF8String] : "no reason given");
	return (uintptr_t)object;
}

uintptr_t fake_device(void) { return (uintptr_t)MTLCreateSystemDefaultDevice(); }

void fake_describe(uintptr_t device, char *name, size_t n, uint64_t *longest_buffer, uint64_t *working_set) {
	NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
	id<MTLDevice> d = (id<MTLDevice>)device;
	snprintf(name, n, "%s", [[d name] UTF8String]);
	*longest_buffer = [d maxBufferLength];
	*working_set = [d recommendedMaxWorkingSetSize];
	[pool drain];
}

uintptr_t fake_queue(uintptr_t device) { return (uintptr_t)[(id<MTLDevice>)device newCommandQueue]; }

uintptr_t fake_library(uintptr_t device, const char *source, char *text, size_t n) {
	NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
	NSError *e = nil;
	id<MTLLibrary> l = [(id<MTLDevice>)device newLibraryWithSource:[NSString stringWithUTF8String:source] options:nil error:&e];
	uintptr_t r = made(l, e, text, n);
	[pool drain];
	return r;
}

uintptr_t fake_pipeline(uintptr_t device, uintptr_t library, const char *name, char *text, size_t n) {
	NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
	NSError *e = nil;
	uintptr_t r = 0;
	id<MTLFunction> f = [(id<MTLLibrary>)library newFunctionWithName:[NSString stringWithUTF8String:name]];
	if (f) r = made([(id<MTLDevice>)device newComputePipelineStateWithFunction:f error:&e], e, text, n);
	else snprintf(text, n, "no such kernel in the file");
	[f release];
	[pool drain];
	return r;
}

uintptr_t fake_buffer(uintptr_t device, void *memory, uint64_t bytes) {
	return (uintptr_t)[(id<MTLDevice>)device newBufferWithBytesNoCopy:memory length:bytes options:MTLResourceStorageModeShared deallocator:NULL];
}
