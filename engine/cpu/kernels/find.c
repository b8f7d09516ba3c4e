// Finds a kernel by name in the table of the best instruction set this machine has.
#include "kernel.h"

#include <string.h>
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

typedef struct {
	const char *name;
	const sg_entry *table;
	int (*present)(void);
	const sg_entry *rest; // where kernels are that the table lacks; NULL: it has all
} isa;

#if defined(__x86_64__)

extern const sg_entry sg_table_avx512[], sg_table_avxvnni[], sg_table_avx2[];

// Every processor with AVX2 and FMA has F16C, a name that not all compilers know here.
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// Compilers do not know "avxvnni" as a name yet: CPUID leaf 7, subleaf 1, EAX bit 4 (Intel SDM volume 2, CPUID).
static int has_avxvnni(void) {
	unsigned a = 7, b, c = 1, d;
	if (!has_avx2()) return 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (a >> 4) & 1;
}

static int has_avx512(void) {
	return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vnni");
}

#if defined(__linux__)
extern const sg_entry sg_table_amx[];

// has_amx reports whether the processor has tiles of bf16 (CPUID leaf 7, EDX bits 22 and 24) and Linux lets the process use them.
static int has_amx(void) {
	unsigned a = 7, b, c = 0, d;
	enum { request_permission = 0x1023, tile_data = 18 };
	if (!has_avx512() || !__builtin_cpu_supports("avx512bf16")) return 0;
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (d >> 22 & 1) && (d >> 24 & 1) && syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}
#endif

static const isa isas[] = {
#if defined(__linux__)
	{"amx", sg_table_amx, has_amx, sg_table_avx512},
#endif
	{"avx512", sg_table_avx512, has_avx512, NULL},
	{"avxvnni", sg_table_avxvnni, has_avxvnni, NULL},
	{"avx2", sg_table_avx2, has_avx2, NULL},
};

#elif defined(__aarch64__)

extern const sg_entry sg_table_neon[], sg_table_dotprod[];

static int has_neon(void) { return 1; }

static int has_dotprod(void) {
#if defined(__linux__)
	return (getauxval(AT_HWCAP) >> 20) & 1; // HWCAP_ASIMDDP
#else
	return 1; // every Apple processor that runs macOS has it
#endif
}

static const isa isas[] = {
	{"dotprod", sg_table_dotprod, has_dotprod, NULL},
	{"neon", sg_table_neon, has_neon, NULL},
};

#else
static const isa isas[] = {{"none", NULL, NULL, NULL}};
#endif

enum { ISAS = sizeof isas / sizeof isas[0] };

static const isa *chosen;

static const isa *choose(void) {
#if defined(__x86_64__)
	__builtin_cpu_init();
#endif
	for (int i = 0; !chosen && i < ISAS; i++)
		if (isas[i].table && isas[i].present()) chosen = &isas[i];
	return chosen;
}

int sg_use(const char *name) {
	choose();
	for (int i = 0; i < ISAS; i++)
		if (strcmp(isas[i].name, name) == 0 && isas[i].table && isas[i].present()) {
			chosen = &isas[i];
			return 1;
		}
	return 0;
}

const char *sg_isa(void) { return choose() ? chosen->name : "none"; }

sg_kernel sg_find(const char *name) {
	if (!choose()) return NULL;
	for (const sg_entry *table = chosen->table; table; table = table == chosen->rest ? NULL : chosen->rest)
		for (const sg_entry *e = table; e->name; e++)
			if (strcmp(e->name, name) == 0) return e->fn;
	return NULL;
}
