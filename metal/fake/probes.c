//go:build fakemetal && !darwin

// Kernels that the tests of the bridge need: small, and strict about what they are given.
#include <string.h>
#include "fake.h"

// combine: y[i] = a[i] + sign*b[i] + args.plus over the grid, all f32.
static const char *combine(const struct fake_dispatch *d, float sign) {
	uint64_t n = (uint64_t)d->grid[0] * d->group[0];
	for (int s = 0; s < 3; s++)
		if (!d->slots[s].memory || d->slots[s].bytes < 4 * n) return "probe: a buffer is missing or too small";
	if (!d->slots[3].memory || d->slots[3].bytes != 4) return "probe: want 4 bytes of arguments";
	float plus;
	memcpy(&plus, d->slots[3].memory, 4);
	float *a = d->slots[0].memory, *b = d->slots[1].memory, *y = d->slots[2].memory;
	for (uint64_t i = 0; i < n; i++) y[i] = a[i] + sign * b[i] + plus;
	return NULL;
}

static uint32_t find(const char *kernel) { return strcmp(kernel, "probe_add_f32") && strcmp(kernel, "probe_sub_f32") ? 0 : 256; }

static const char *run(const struct fake_dispatch *d) { return combine(d, strcmp(d->kernel, "probe_add_f32") ? -1 : 1); }

const struct fake_kernels fake_probes = {find, run};
