// Lists of dispatches, run by Metal. Plain C: cgo reads this header alone, so it needs no Objective-C and no SDK.
#ifndef SIGHTGLASS_ENCODE_H
#define SIGHTGLASS_ENCODE_H
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t sg_ref; // a retained Objective-C object, or 0

struct sg_binding {
	sg_ref buffer;
	uint64_t offset, bytes; // the part that the kernel uses
};

// One launch. Its bindings are at [[buffer(0)]] and on, its arguments at the index after them.
struct sg_dispatch {
	sg_ref pipeline;
	uint32_t binding, bindings; // list.bindings[binding : binding+bindings]
	uint32_t arg, args;         // list.args[arg : arg+args], bytes
	uint32_t grid[3], group[3]; // threadgroups, threads in each
	uint32_t barrier;           // wait for the dispatches before
};

struct sg_arrays {
	const struct sg_dispatch *dispatches;
	const struct sg_binding *bindings;
	const uint8_t *args;
	uint32_t ndispatches, nbindings, nargs;
};

struct sg_error {
	int64_t code; // Metal's, or 0
	char text[1024];
};

struct sg_list;

// Copies and checks the arrays, and retains what they name. Returns NULL and fills the error where a dispatch cannot run.
struct sg_list *sg_list_new(const struct sg_arrays *, struct sg_error *);
void sg_list_free(struct sg_list *);

// Encodes dispatches [from, to) into a new command buffer of the queue. 0 is failure.
sg_ref sg_encode(sg_ref queue, const struct sg_list *, uint32_t from, uint32_t to, struct sg_error *);
void sg_commit(sg_ref command);
// Waits for a committed command buffer and releases it. Returns 0, or -1 for a fault.
int sg_wait(sg_ref command, double *gpu_seconds, struct sg_error *);

void sg_release(sg_ref);
#endif
