//go:build darwin || fakemetal

// Manual retain and release, no blocks: so the same file compiles for macOS and, with the GNU runtime, for the fake Metal on Linux.
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "encode.h"

#if __has_feature(objc_arc)
#error "encode.m wants manual retain and release"
#endif

#define MAX_ARGS 4096 // what setBytes takes
#define MAX_BINDINGS 30 // of the 31 indices, one is for the arguments

struct sg_list {
	struct sg_dispatch *dispatches;
	struct sg_binding *bindings;
	uint8_t *args;
	uint32_t ndispatches, nbindings;
};

static void *copy(const void *from, size_t bytes) {
	void *to = malloc(bytes ? bytes : 1);
	if (to && bytes) memcpy(to, from, bytes);
	return to;
}

// check refuses what Metal would abort the process for.
static int check(const struct sg_arrays *a, uint32_t i, struct sg_error *e) {
	const struct sg_dispatch *d = &a->dispatches[i];
	uint64_t threads = (uint64_t)d->group[0] * d->group[1] * d->group[2];
	if (!d->pipeline || (uint64_t)d->binding + d->bindings > a->nbindings || d->bindings > MAX_BINDINGS ||
	    (uint64_t)d->arg + d->args > a->nargs || d->args > MAX_ARGS) {
		snprintf(e->text, sizeof e->text, "dispatch %u: want a pipeline, at most %d buffers and %d bytes of arguments, found %u and %u",
		         i, MAX_BINDINGS, MAX_ARGS, d->bindings, d->args);
		return -1;
	}
	NSUInteger most = [(id<MTLComputePipelineState>)d->pipeline maxTotalThreadsPerThreadgroup];
	if (threads == 0 || threads > most || !d->grid[0] || !d->grid[1] || !d->grid[2]) {
		snprintf(e->text, sizeof e->text, "dispatch %u: want 1 to %lu threads in a threadgroup and a grid that is not empty, found %llu and %ux%ux%u",
		         i, (unsigned long)most, (unsigned long long)threads, d->grid[0], d->grid[1], d->grid[2]);
		return -1;
	}
	for (uint32_t k = 0; k < d->bindings; k++) {
		const struct sg_binding *b = &a->bindings[d->binding + k];
		NSUInteger length = b->buffer ? [(id<MTLBuffer>)b->buffer length] : 0;
		if (b->offset >= length || b->bytes > length - b->offset) {
			snprintf(e->text, sizeof e->text, "dispatch %u: buffer %u: want %llu bytes at %llu, found a buffer of %lu",
			         i, k, (unsigned long long)b->bytes, (unsigned long long)b->offset, (unsigned long)length);
			return -1;
		}
	}
	return 0;
}

struct sg_list *sg_list_new(const struct sg_arrays *a, struct sg_error *e) {
	for (uint32_t i = 0; i < a->ndispatches; i++)
		if (check(a, i, e)) return NULL;
	struct sg_list *l = calloc(1, sizeof *l);
	if (l) {
		l->dispatches = copy(a->dispatches, a->ndispatches * sizeof *a->dispatches);
		l->bindings = copy(a->bindings, a->nbindings * sizeof *a->bindings);
		l->args = copy(a->args, a->nargs);
	}
	if (!l || !l->dispatches || !l->bindings || !l->args) {
		snprintf(e->text, sizeof e->text, "out of memory for a list of %u dispatches", a->ndispatches);
		sg_list_free(l);
		return NULL;
	}
	for (; l->ndispatches < a->ndispatches; l->ndispatches++) [(id)l->dispatches[l->ndispatches].pipeline retain];
	for (; l->nbindings < a->nbindings; l->nbindings++) [(id)l->bindings[l->nbindings].buffer retain];
	return l;
}

void sg_list_free(struct sg_list *l) {
	if (!l) return;
	for (uint32_t i = 0; i < l->ndispatches; i++) sg_release(l->dispatches[i].pipeline);
	for (uint32_t i = 0; i < l->nbindings; i++) sg_release(l->bindings[i].buffer);
	free(l->dispatches);
	free(l->bindings);
	free(l->args);
	free(l);
}

static MTLSize size(const uint32_t d[3]) { return MTLSizeMake(d[0], d[1], d[2]); }

// A concurrent encoder runs dispatches side by side until a barrier. Between command buffers Metal itself orders what touches the same
// buffer, so the first dispatch needs none.
static void encode(id<MTLComputeCommandEncoder> enc, const struct sg_list *l, uint32_t from, uint32_t to) {
	sg_ref pipeline = 0;
	for (uint32_t i = from; i < to; i++) {
		const struct sg_dispatch *d = &l->dispatches[i];
		if (d->barrier && i > from) [enc memoryBarrierWithScope:MTLBarrierScopeBuffers];
		if (d->pipeline != pipeline) [enc setComputePipelineState:(id<MTLComputePipelineState>)d->pipeline];
		pipeline = d->pipeline;
		for (uint32_t k = 0; k < d->bindings; k++) {
			const struct sg_binding *b = &l->bindings[d->binding + k];
			[enc setBuffer:(id<MTLBuffer>)b->buffer offset:b->offset atIndex:k];
		}
		if (d->args) [enc setBytes:l->args + d->arg length:d->args atIndex:d->bindings];
		[enc dispatchThreadgroups:size(d->grid) threadsPerThreadgroup:size(d->group)];
	}
}

sg_ref sg_encode(sg_ref queue, const struct sg_list *l, uint32_t from, uint32_t to, struct sg_error *e) {
	NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
	id<MTLCommandBuffer> command = [[(id<MTLCommandQueue>)queue commandBuffer] retain];
	id<MTLComputeCommandEncoder> enc = [command computeCommandEncoderWithDispatchType:MTLDispatchTypeConcurrent];
	if (enc) {
		encode(enc, l, from, to);
		[enc endEncoding];
	} else {
		snprintf(e->text, sizeof e->text, "no command buffer for %u dispatches", to - from);
		[command release];
		command = nil;
	}
	[pool drain];
	return (sg_ref)command;
}

void sg_commit(sg_ref command) {
	NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
	[(id<MTLCommandBuffer>)command commit];
	[pool drain];
}

int sg_wait(sg_ref command, double *gpu_seconds, struct sg_error *e) {
	NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
	id<MTLCommandBuffer> c = (id<MTLCommandBuffer>)command;
	[c waitUntilCompleted];
	int rc = [c status] == MTLCommandBufferStatusCompleted ? 0 : -1;
	*gpu_seconds = [c GPUEndTime] - [c GPUStartTime];
	if (rc) {
		const char *text = [[[c error] localizedDescription] UTF8String];
		e->code = [[c error] code];
		snprintf(e->text, sizeof e->text, "%s", text ? text : "no reason given");
	}
	[c release];
	[pool drain];
	return rc;
}

void sg_release(sg_ref ref) { [(id)ref release]; }
