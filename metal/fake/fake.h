// A Metal that runs on the host, for tests. Committed command buffers run when they are waited for, not before; what stands between two
// barriers runs in an order of the test's choice; misuse of the API is remembered; objects are counted, and stay when they are released, to
// tell who still uses them.
#ifndef SIGHTGLASS_FAKE_H
#define SIGHTGLASS_FAKE_H
#include <stddef.h>
#include <stdint.h>

enum { FAKE_SLOTS = 31 };
struct fake_slot { void *memory; uint64_t bytes; }; // from the offset to the buffer's end

struct fake_dispatch {
	const char *kernel;
	struct fake_slot slots[FAKE_SLOTS];
	uint32_t grid[3], group[3];
};

// Where kernels come from. find returns the most threads that a threadgroup may have, or 0 for no such kernel; run returns NULL or what went wrong.
struct fake_kernels {
	uint32_t (*find)(const char *kernel);
	const char *(*run)(const struct fake_dispatch *);
};
void fake_use(struct fake_kernels);
extern const struct fake_kernels fake_probes; // tiny kernels of the tests of the bridge
extern const struct fake_kernels fake_proven; // those of the .metal files that were loaded
const char *fake_load(const char *path);      // a library of metal/proof; NULL, or what went wrong

enum { FAKE_IN_ORDER = 0, FAKE_REVERSED = 1 }; // other numbers seed a shuffle
void fake_order(uint32_t);
void fake_limits(uint64_t longest_buffer, uint64_t working_set);
void fake_refuse(int buffers);       // refuse this many new buffers
void fake_fail(int64_t code);        // the next command buffer ends with this error
void fake_reset(void);               // all of these as at the start
int fake_live(void);                 // objects alive
int fake_committed(void);            // command buffers committed since fake_reset
int fake_spare(void);                // command buffers encoded, not committed
const char *fake_misuse(void);       // the first since fake_reset, or ""
void fake_wrong(const char *format, ...);

// What darwinkit does on a Mac. They return retained objects; on failure 0, with a text of at most n bytes.
uintptr_t fake_device(void);
void fake_describe(uintptr_t device, char *name, size_t n, uint64_t *longest_buffer, uint64_t *working_set);
uintptr_t fake_queue(uintptr_t device);
uintptr_t fake_library(uintptr_t device, const char *source, char *text, size_t n);
uintptr_t fake_pipeline(uintptr_t device, uintptr_t library, const char *name, char *text, size_t n);
uintptr_t fake_buffer(uintptr_t device, void *memory, uint64_t bytes);
#endif
