// All kernels for AArch64 with the dot product instructions (ARMv8.2; all of Apple's own).
#if defined(__aarch64__)
#include "kernel.h"

#include <arm_neon.h>
#include <math.h>
#include <string.h>

#define SG_TABLE sg_table_dotprod
// Before version 16, clang declared vdotq_s32 only where the whole file is compiled for it, as it is for macOS.
#if !defined(__clang__) || __clang_major__ >= 16 || defined(__ARM_FEATURE_DOTPROD)
#define SG_DOTPROD 1
#endif

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif

#include "vec_neon.h"
#include "table.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
