// All kernels for AArch64 as every processor of that kind has it.
#if defined(__aarch64__)
#include "kernel.h"

#include <arm_neon.h>
#include <math.h>
#include <string.h>

#define SG_TABLE sg_table_neon

#include "vec_neon.h"
#include "table.h"
#endif
