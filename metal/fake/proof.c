//go:build fakemetal && !darwin

// Kernels that metal/proof compiled from the .metal files.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"
#include "run.h"

static struct proven {
	char *name;
	uint32_t buffers;
	sgp_dispatch_function dispatch;
} *table;
static uint32_t count;

static const struct proven *lookup(const char *kernel) {
	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(table[i].name, kernel)) return &table[i];
	return NULL;
}

static uint32_t find(const char *kernel) { return lookup(kernel) ? 1024 : 0; }

static const char *run(const struct fake_dispatch *d) {
	static char error[1024];
	const struct proven *p = lookup(d->kernel);
	sgp_buffer buffers[FAKE_SLOTS];
	if (p->buffers > FAKE_SLOTS) return "a kernel has too many buffers";
	for (uint32_t i = 0; i < p->buffers; i++) {
		if (!d->slots[i].memory) {
			snprintf(error, sizeof error, "%s: want %u buffers, found none at %u", d->kernel, p->buffers, i);
			return error;
		}
		buffers[i] = (sgp_buffer){d->slots[i].memory, d->slots[i].bytes, SGP_READ | SGP_WRITE};
	}
	sgp_launch l = {.buffers = buffers, .buffer_count = p->buffers, .schedule = SGP_FORWARD};
	memcpy(l.grid, d->grid, sizeof l.grid);
	memcpy(l.group, d->group, sizeof l.group);
	return p->dispatch(d->kernel, &l, error, sizeof error) ? error : NULL;
}

const char *fake_load(const char *path) {
	void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	sgp_kernel_function kernel = h ? (sgp_kernel_function)dlsym(h, "sgp_kernel") : NULL;
	sgp_dispatch_function dispatch = h ? (sgp_dispatch_function)dlsym(h, "sgp_dispatch") : NULL;
	if (!kernel || !dispatch) return dlerror();
	uint32_t buffers, memories;
	const char *name;
	for (uint32_t i = 0; (name = kernel(i, &buffers, &memories)); i++) {
		if (lookup(name)) continue;
		table = realloc(table, (count + 1) * sizeof *table);
		table[count++] = (struct proven){strdup(name), buffers, dispatch};
	}
	return NULL;
}

const struct fake_kernels fake_proven = {find, run};
