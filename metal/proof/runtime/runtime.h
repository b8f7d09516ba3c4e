// What the executor and the checker know of each other.
#ifndef SGP_RUNTIME
#define SGP_RUNTIME
#include <cstdint>
#include <cstddef>
#include "../include/sgp/thread.h"
#include "../run.h"
#define UNCHECKED __attribute__((no_sanitize("thread")))
#define EXPORTED extern "C" __attribute__((visibility("default")))

// When a thread last waited, by what the barrier orders: threadgroup memory or device memory, for all threads or those of its simdgroup.
struct Epochs {
  uint32_t all[2], simdgroup[2];
};
enum MemoryKind { DeviceMemory, GroupMemory };

struct Fiber {
  void *sp;
  sgp::Thread thread;
  int state;
  uint32_t flags;
  char *stack;
  Epochs epochs;
};
constexpr size_t stack_size = 128 * 1024;

Fiber &running();
uint32_t group_number(); // of the threadgroup that runs now, from 1
[[noreturn]] void stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef SGP_CHECK
void check_begin(const sgp_launch &l);
void check_memory(int index, void *data, uint64_t size);
void check_on(bool on);
#else
inline void check_begin(const sgp_launch &) {}
inline void check_memory(int, void *, uint64_t) {}
inline void check_on(bool) {}
#endif
#endif
