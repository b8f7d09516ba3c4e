//go:build fakemetal && !darwin

#import <Metal/Metal.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "foundation.h"
#include "fake.h"

static struct fake_kernels kernels;
static uint32_t order;
static uint64_t longest_buffer, working_set;
static int refused, committed, spare;
static int64_t fault;
static char misuse[256];

void fake_use(struct fake_kernels k) { kernels = k; }
void fake_order(uint32_t o) { order = o; }
void fake_limits(uint64_t longest, uint64_t set) { longest_buffer = longest, working_set = set; }
void fake_refuse(int buffers) { refused = buffers; }
void fake_fail(int64_t code) { fault = code; }
int fake_committed(void) { return committed; }
int fake_spare(void) { return spare; }
const char *fake_misuse(void) { return misuse; }
void fake_reset(void) {
	order = FAKE_IN_ORDER, refused = 0, fault = 0, committed = 0, misuse[0] = 0;
	fake_limits(1ull << 33, 1ull << 34);
}
void fake_wrong(const char *format, ...) {
	va_list a;
	va_start(a, format);
	if (!misuse[0]) vsnprintf(misuse, sizeof misuse, format, a);
	va_end(a);
}

@interface FakeBuffer : NSObject <MTLBuffer> {
@public
	uint8_t *memory;
	NSUInteger bytes;
}
@end
@implementation FakeBuffer
- (NSUInteger)length {
	if (dead) fake_wrong("length of a released buffer");
	return bytes;
}
- (void *)contents { return memory; }
@end

@interface FakeFunction : NSObject <MTLFunction> {
@public
	char *name;
}
@end
@implementation FakeFunction
- (NSString *)name { return [NSString stringWithUTF8String:name]; }
- (void)dealloc {
	free(name);
	[super dealloc];
}
@end

@interface FakeLibrary : NSObject <MTLLibrary>
@end
@implementation FakeLibrary
- (id<MTLFunction>)newFunctionWithName:(NSString *)name {
	if (!kernels.find || !kernels.find([name UTF8String])) return nil;
	FakeFunction *f = [FakeFunction new];
	f->name = strdup([name UTF8String]);
	return f;
}
@end

@interface FakePipeline : NSObject <MTLComputePipelineState> {
@public
	char *name;
	NSUInteger most;
}
@end
@implementation FakePipeline
- (NSUInteger)maxTotalThreadsPerThreadgroup {
	if (dead) fake_wrong("use of a released pipeline");
	return most;
}
- (void)dealloc {
	free(name);
	[super dealloc];
}
@end

// What is encoded: a dispatch, and the buffers and bytes that it holds. Metal copies arguments when they are set.
struct encoded {
	struct fake_dispatch d;
	FakeBuffer *buffers[FAKE_SLOTS];
	uint64_t offsets[FAKE_SLOTS];
	uint8_t *args[FAKE_SLOTS];
	FakePipeline *pipeline;
	int group; // barriers before it
};

@interface FakeEncoder : NSObject <MTLComputeCommandEncoder> {
@public
	struct encoded *list, now;
	FakePipeline *pipeline;
	int n, group;
	uint64_t argbytes[FAKE_SLOTS];
	BOOL ended;
}
@end

static BOOL usable(FakeEncoder *e, NSUInteger index, const char *what) {
	if (e->ended) fake_wrong("%s after endEncoding", what);
	if (index >= FAKE_SLOTS) fake_wrong("%s at index %lu, want below %d", what, (unsigned long)index, FAKE_SLOTS);
	return !e->ended && index < FAKE_SLOTS;
}

@implementation FakeEncoder
- (void)setComputePipelineState:(id<MTLComputePipelineState>)p {
	if (usable(self, 0, "setComputePipelineState")) pipeline = (FakePipeline *)p;
}
- (void)setBytes:(const void *)b length:(NSUInteger)length atIndex:(NSUInteger)i {
	if (!usable(self, i, "setBytes")) return;
	if (length == 0 || length > 4096) {
		fake_wrong("setBytes of %lu bytes, want 1 to 4096", (unsigned long)length);
		return;
	}
	now.buffers[i] = nil;
	free(now.args[i]);
	now.args[i] = malloc(length);
	memcpy(now.args[i], b, length);
	argbytes[i] = length;
}
- (void)setBuffer:(id<MTLBuffer>)b offset:(NSUInteger)offset atIndex:(NSUInteger)i {
	if (!usable(self, i, "setBuffer")) return;
	if (offset >= [b length] || offset % 2) fake_wrong("setBuffer at offset %lu of %lu bytes", (unsigned long)offset, (unsigned long)[b length]);
	now.buffers[i] = (FakeBuffer *)b;
	now.offsets[i] = offset;
}
- (void)memoryBarrierWithScope:(MTLBarrierScope)scope {
	if (usable(self, 0, "memoryBarrier")) group++;
}
- (void)dispatchThreadgroups:(MTLSize)g threadsPerThreadgroup:(MTLSize)t {
	if (!usable(self, 0, "dispatch")) return;
	if (!pipeline || !(g.width * g.height * g.depth) || t.width * t.height * t.depth - 1 >= [pipeline maxTotalThreadsPerThreadgroup]) {
		fake_wrong("dispatch of %lux%lux%lu threadgroups of %lux%lux%lu threads%s", g.width, g.height, g.depth, t.width, t.height, t.depth,
		           pipeline ? "" : " with no pipeline");
		return;
	}
	list = realloc(list, (n + 1) * sizeof *list);
	struct encoded *e = &list[n++];
	*e = now;
	e->pipeline = [pipeline retain];
	e->d.kernel = pipeline->name;
	e->group = group;
	uint32_t grid[3] = {g.width, g.height, g.depth}, threads[3] = {t.width, t.height, t.depth};
	memcpy(e->d.grid, grid, sizeof grid);
	memcpy(e->d.group, threads, sizeof threads);
	for (int i = 0; i < FAKE_SLOTS; i++) {
		e->args[i] = NULL;
		[now.buffers[i] retain];
		if (now.buffers[i] || !now.args[i]) continue;
		e->d.slots[i] = (struct fake_slot){e->args[i] = malloc(argbytes[i]), argbytes[i]};
		memcpy(e->args[i], now.args[i], argbytes[i]);
	}
}
- (void)endEncoding {
	if (usable(self, 0, "endEncoding")) ended = YES;
}
- (void)dealloc {
	if (!ended) fake_wrong("an encoder is released before endEncoding");
	for (int i = 0; i < FAKE_SLOTS; i++) free(now.args[i]);
	for (int i = 0; i < n; i++) {
		[list[i].pipeline release];
		for (int k = 0; k < FAKE_SLOTS; k++) {
			[list[i].buffers[k] release];
			free(list[i].args[k]);
		}
	}
	free(list);
	[super dealloc];
}
@end

@class FakeQueue;
@interface FakeCommandBuffer : NSObject <MTLCommandBuffer> {
@public
	FakeEncoder *encoder;
	FakeQueue *queue;
	MTLCommandBufferStatus status;
	NSError *error;
}
- (void)run;
@end

@interface FakeQueue : NSObject <MTLCommandQueue> {
@public
	pthread_mutex_t lock;
	FakeCommandBuffer *waiting[64]; // committed, in order
	int n;
}
@end

// arrange makes an order of dispatches [from, to), in which nothing waits for anything.
static void arrange(int *at, int from, int to, uint32_t *seed) {
	for (int i = from; i < to; i++) at[i] = i;
	for (int i = from; order == FAKE_REVERSED && i < to; i++) at[i] = from + to - 1 - i;
	for (int i = to - 1; order > FAKE_REVERSED && i > from; i--) {
		*seed = *seed * 1664525 + 1013904223;
		int k = from + (*seed >> 8) % (i - from + 1), t = at[i];
		at[i] = at[k], at[k] = t;
	}
}

static const char *run(struct encoded *e) {
	for (int i = 0; i < FAKE_SLOTS; i++) {
		FakeBuffer *b = e->buffers[i];
		if (b && b->references < 0) fake_wrong("a kernel runs with a released buffer");
		if (b) e->d.slots[i] = (struct fake_slot){b->memory + e->offsets[i], [b length] - e->offsets[i]};
	}
	return kernels.run(&e->d);
}

@implementation FakeCommandBuffer
- (MTLCommandBufferStatus)status { return status; }
- (NSError *)error { return error; }
- (CFTimeInterval)GPUStartTime { return 1; }
- (CFTimeInterval)GPUEndTime { return 1.001; }
- (id<MTLComputeCommandEncoder>)computeCommandEncoderWithDispatchType:(MTLDispatchType)type {
	if (encoder || type != MTLDispatchTypeConcurrent) fake_wrong("want one concurrent encoder for a command buffer");
	encoder = [FakeEncoder new];
	return [[encoder retain] autorelease];
}
- (void)commit {
	if (status || !encoder || !encoder->ended) fake_wrong("commit of a command buffer that is not encoded, or was committed");
	status = MTLCommandBufferStatusCommitted;
	__atomic_add_fetch(&committed, 1, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&spare, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&queue->lock);
	if (queue->n < 64) queue->waiting[queue->n++] = [self retain];
	else fake_wrong("more than 64 command buffers under way");
	pthread_mutex_unlock(&queue->lock);
}
- (void)run {
	int n = encoder->n, *at = malloc((n + 1) * sizeof *at);
	uint32_t seed = order;
	for (int from = 0, to; from < n; from = to) {
		for (to = from; to < n && encoder->list[to].group == encoder->list[from].group;) to++;
		arrange(at, from, to, &seed);
	}
	const char *text = fault ? "a planted fault" : NULL;
	int64_t code = fault ? fault : 1;
	for (int i = 0; i < n && !text; i++) text = run(&encoder->list[at[i]]);
	fault = 0;
	free(at);
	if (text) error = [[NSError errorWithCode:code text:text] retain];
	status = text ? MTLCommandBufferStatusError : MTLCommandBufferStatusCompleted;
}
- (void)waitUntilCompleted {
	if (!status) fake_wrong("waitUntilCompleted before commit: this would wait for ever");
	while (status == MTLCommandBufferStatusCommitted) {
		pthread_mutex_lock(&queue->lock);
		FakeCommandBuffer *first = queue->waiting[0];
		memmove(queue->waiting, queue->waiting + 1, --queue->n * sizeof *queue->waiting);
		pthread_mutex_unlock(&queue->lock);
		[first run];
		[first release];
	}
}
- (void)dealloc {
	if (!status) __atomic_sub_fetch(&spare, 1, __ATOMIC_SEQ_CST);
	[encoder release];
	[error release];
	[queue release];
	[super dealloc];
}
@end

@implementation FakeQueue
- (id<MTLCommandBuffer>)commandBuffer {
	FakeCommandBuffer *c = [[FakeCommandBuffer new] autorelease];
	c->queue = [self retain];
	__atomic_add_fetch(&spare, 1, __ATOMIC_SEQ_CST);
	return c;
}
@end

@interface FakeDevice : NSObject <MTLDevice>
@end
@implementation FakeDevice
- (NSString *)name { return [NSString stringWithUTF8String:"fake"]; }
- (BOOL)hasUnifiedMemory { return YES; }
- (NSUInteger)maxBufferLength { return longest_buffer; }
- (uint64_t)recommendedMaxWorkingSetSize { return working_set; }
- (id<MTLCommandQueue>)newCommandQueue {
	FakeQueue *q = [FakeQueue new];
	pthread_mutex_init(&q->lock, NULL);
	return q;
}
- (id<MTLBuffer>)newBufferWithBytesNoCopy:(void *)bytes length:(NSUInteger)length options:(MTLResourceOptions)options deallocator:(void *)deallocator {
	long page = sysconf(_SC_PAGESIZE);
	if ((uintptr_t)bytes % page || length % page || !length || length > longest_buffer || options != MTLResourceStorageModeShared || deallocator)
		fake_wrong("a buffer over %lu bytes at %p: want whole pages, shared", (unsigned long)length, bytes);
	if (refused > 0 && refused--) return nil;
	FakeBuffer *b = [FakeBuffer new];
	b->memory = bytes;
	b->bytes = length;
	return b;
}
- (id<MTLLibrary>)newLibraryWithSource:(NSString *)source options:(MTLCompileOptions *)o error:(NSError **)error {
	const char *planted = strstr([source UTF8String], "#error planted");
	if (!planted) return [FakeLibrary new];
	*error = [NSError errorWithCode:3 text:planted];
	return nil;
}
- (id<MTLComputePipelineState>)newComputePipelineStateWithFunction:(id<MTLFunction>)f error:(NSError **)error {
	FakePipeline *p = [FakePipeline new];
	p->name = strdup([[f name] UTF8String]);
	p->most = kernels.find(p->name);
	return p;
}
@end

id<MTLDevice> MTLCreateSystemDefaultDevice(void) { return [FakeDevice new]; }
