// Runs a kernel on one processor. Every GPU thread is a fiber with its own stack, and barriers and simdgroup operations are the only
// places where one stops and another goes on: so a schedule can be chosen, and repeated.
#include "runtime.h"
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>
#include <string>
#include <vector>
#include <sys/mman.h>
#include <xmmintrin.h>
using sgp::Simdgroup;

sgp::Thread *sgp_current;

namespace {
enum State { Ready, AtBarrier, AtSimdgroupBarrier, AtSimdgroup, Done };

struct Executor {
  std::vector<Fiber> fibers;
  std::vector<Simdgroup> simdgroups;
  std::vector<uint32_t> queue; // a ring of the fibers that can run
  size_t head = 0, queued = 0;
  void *main_sp = nullptr;
  const sgp::Entry *entry = nullptr;
  sgp::Arguments arguments;
  const sgp_launch *launch = nullptr;
  std::mt19937_64 random;
  std::vector<uint64_t> priority; // of each simdgroup
  uint32_t current = 0, done = 0, waiting = 0, group = 0;
  const void *barrier = nullptr; // the call at which threads wait
  bool failed = false;
  char error[512];
} x;
std::mutex one_at_a_time;
char *stacks;
uint32_t stack_count;
} // namespace

__attribute__((destructor)) static void unload() {
  if (stacks) munmap(stacks, stack_count * stack_size);
}

extern "C" void sgp_swap(void **save, void *to);
asm(R"(
.text
.hidden sgp_swap
.globl sgp_swap
.type sgp_swap,@function
sgp_swap:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
)");

Fiber &running() { return x.fibers[x.current]; }
uint32_t group_number() { return x.group; }

// stop ends the launch from within a fiber.
void stop(const char *format, ...) {
  const sgp::Thread &t = running().thread;
  const int n = snprintf(x.error, sizeof x.error, "threadgroup %u,%u,%u thread %u: ", t.group[0], t.group[1], t.group[2], t.index);
  va_list args;
  va_start(args, format);
  vsnprintf(x.error + n, sizeof x.error - n, format, args);
  va_end(args);
  x.failed = true;
  void *dropped;
  sgp_swap(&dropped, x.main_sp);
  __builtin_unreachable();
}
extern "C" UNCHECKED void sgp_fault(const char *what) { stop("%s", what); }

static void push(uint32_t i) { x.queue[(x.head + x.queued++) % x.queue.size()] = i; }
static uint32_t &queued(size_t k) { return x.queue[(x.head + k) % x.queue.size()]; }

static uint32_t pop() {
  size_t best = 0;
  if (x.launch->schedule == SGP_RANDOM) best = x.random() % x.queued;
  if (x.launch->schedule == SGP_SIMDGROUPS)
    for (size_t k = 1; k < x.queued; k++)
      if (x.priority[queued(k) / 32] > x.priority[queued(best) / 32]) best = k;
  std::swap(queued(best), queued(0));
  const uint32_t i = queued(0);
  x.head = (x.head + 1) % x.queue.size();
  x.queued--;
  return i;
}

// next runs another fiber, or returns to the executor where none can run: all are done, or none will ever go on.
static void next(Fiber &from) {
  if (x.queued == 0) {
    sgp_swap(&from.sp, x.main_sp);
    return;
  }
  const uint32_t i = pop();
  Fiber &to = x.fibers[i];
  if (&to == &from) return;
  x.current = i;
  sgp_current = &to.thread;
  sgp_swap(&from.sp, to.sp);
}

static void wake(size_t lo, size_t hi, int state) {
  for (size_t k = lo; k < hi; k++) {
    const size_t i = x.launch->schedule == SGP_BACKWARD ? hi - 1 - (k - lo) : k;
    if (x.fibers[i].state == state) {
      x.fibers[i].state = Ready;
      push(i);
    }
  }
}

static void complete(Simdgroup &s, uint32_t index) {
  if (s.combine) s.combine(&s, s.phase & 1);
  s.arrived = 0;
  s.phase++;
  s.combine = nullptr;
  const size_t lo = index * 32, hi = std::min<size_t>(lo + 32, x.fibers.size());
  for (size_t i = lo; i < hi; i++) {
    Fiber &f = x.fibers[i];
    if (f.state != AtSimdgroupBarrier) continue;
    if (f.flags & 2) f.epochs.simdgroup[GroupMemory]++;
    if (f.flags & 1) f.epochs.simdgroup[DeviceMemory]++;
    f.state = AtSimdgroup;
  }
  wake(lo, hi, AtSimdgroup);
}

static UNCHECKED unsigned arrive(void (*combine)(Simdgroup *, unsigned), const void *site, int state, uint32_t flags) {
  Fiber &f = running();
  Simdgroup &s = *f.thread.simdgroup;
  const unsigned phase = s.phase & 1;
  if (s.arrived == 0) s.site = site;
  else if (s.site != site) stop("a simdgroup operation which the rest of its simdgroup does not come to");
  if (combine) s.combine = combine;
  f.state = state;
  f.flags = flags;
  if (++s.arrived == s.live) complete(s, f.thread.simdgroup_index);
  next(f);
  return phase;
}
extern "C" UNCHECKED unsigned sgp_arrive(void (*combine)(Simdgroup *, unsigned)) { return arrive(combine, __builtin_return_address(0), AtSimdgroup, 0); }
extern "C" UNCHECKED void sgp_simdgroup_barrier(unsigned flags) { arrive(nullptr, __builtin_return_address(0), AtSimdgroupBarrier, flags); }

extern "C" UNCHECKED void sgp_barrier(unsigned flags) {
  Fiber &f = running();
  const void *site = __builtin_return_address(0);
  if (x.waiting == 0) x.barrier = site;
  else if (x.barrier != site) stop("a threadgroup_barrier while others wait at another");
  if (x.done) stop("a threadgroup_barrier after %u threads have returned", x.done);
  f.state = AtBarrier;
  if (++x.waiting == x.fibers.size()) {
    x.waiting = 0;
    for (Fiber &g : x.fibers)
      for (uint32_t kind : {DeviceMemory, GroupMemory})
        if (flags >> kind & 1) {
          g.epochs.all[kind]++;
          g.epochs.simdgroup[kind] = 0;
        }
    wake(0, x.fibers.size(), AtBarrier);
  }
  next(f);
}

// enter is where a fiber begins.
static void enter() {
  x.entry->run(x.arguments);
  Fiber &f = running();
  f.state = Done;
  x.done++;
  Simdgroup &s = *f.thread.simdgroup;
  s.live--;
  s.inactive |= 1u << f.thread.lane;
  if (x.waiting) stop("returned while %u threads wait at a threadgroup_barrier", x.waiting);
  if (s.live && s.arrived == s.live) complete(s, f.thread.simdgroup_index);
  next(f);
  __builtin_unreachable();
}

static void set_up(uint32_t number) {
  const sgp_launch &l = *x.launch;
  const uint32_t n = x.fibers.size();
  x.head = x.queued = x.done = x.waiting = 0;
  for (uint64_t &p : x.priority) p = x.random();
  for (uint32_t i = 0; i < x.simdgroups.size(); i++) {
    Simdgroup &s = x.simdgroups[i];
    s.arrived = s.phase = 0;
    s.live = std::min(n - i * 32, 32u);
    s.inactive = s.live == 32 ? 0 : ~0u << s.live;
    s.combine = nullptr;
  }
  const uint32_t place[3] = {number % l.grid[0], number / l.grid[0] % l.grid[1], number / l.grid[0] / l.grid[1]};
  for (uint32_t i = 0; i < n; i++) {
    Fiber &f = x.fibers[i];
    f.thread = {&x.simdgroups[i / 32], i % 32, i, i / 32, {i % l.group[0], i / l.group[0] % l.group[1], i / l.group[0] / l.group[1]}, {}, {}, {}};
    std::copy(place, place + 3, f.thread.group);
    std::copy(l.group, l.group + 3, f.thread.group_size);
    std::copy(l.grid, l.grid + 3, f.thread.groups);
    f.state = Ready;
    f.epochs = {};
    f.stack = stacks + i * stack_size;
    void **sp = (void **)(f.stack + stack_size - 64); // 8 off a multiple of 16 once the return address is taken, as the ABI has it
    *--sp = nullptr;
    *--sp = (void *)&enter;
    for (int k = 0; k < 6; k++) *--sp = nullptr;
    f.sp = sp;
  }
  for (uint32_t i = 0; i < n; i++) push(l.schedule == SGP_BACKWARD ? n - 1 - i : i);
}

static void run_group() {
  const uint32_t first = pop();
  x.current = first;
  sgp_current = &x.fibers[first].thread;
  check_on(true);
  sgp_swap(&x.main_sp, x.fibers[first].sp);
  check_on(false);
  if (x.failed || x.done == x.fibers.size()) return;
  int barrier = 0, simdgroup = 0;
  for (const Fiber &f : x.fibers) {
    barrier += f.state == AtBarrier;
    simdgroup += f.state == AtSimdgroup || f.state == AtSimdgroupBarrier;
  }
  snprintf(x.error, sizeof x.error, "threadgroup %u: no thread can go on: %d wait at a threadgroup_barrier, %d at a simdgroup operation, %u have returned", x.group - 1, barrier, simdgroup, x.done);
  x.failed = true;
}

static bool refuse(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(x.error, sizeof x.error, format, args);
  va_end(args);
  return false;
}

static bool prepare(const char *kernel, const sgp_launch &l) {
  x.entry = nullptr;
  for (const sgp::Entry *e = sgp_table; e->name; e++)
    if (!strcmp(e->name, kernel)) x.entry = e;
  if (!x.entry) return refuse("no kernel of this name");
  const uint64_t n = uint64_t(l.group[0]) * l.group[1] * l.group[2], groups = uint64_t(l.grid[0]) * l.grid[1] * l.grid[2];
  if (n < 1 || n > 1024) return refuse("want a threadgroup of 1 to 1024 threads, found %lu", n);
  if (groups < 1 || groups > UINT32_MAX) return refuse("want a grid of threadgroups, found %lu", groups);
  if (x.entry->buffers != l.buffer_count) return refuse("want %u buffers, found %u", x.entry->buffers, l.buffer_count);
  if (x.entry->memories > l.memory_count || l.memory_count > 8) return refuse("want the sizes of %u blocks of threadgroup memory, found %u", x.entry->memories, l.memory_count);
  if (n > stack_count) {
    if (stacks) munmap(stacks, stack_count * stack_size);
    stacks = (char *)mmap(nullptr, n * stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    stack_count = n;
    if (stacks == MAP_FAILED) { stack_count = 0; stacks = nullptr; return refuse("no memory for %lu stacks", n); }
  }
  x.fibers.resize(n);
  x.queue.resize(n);
  x.simdgroups.resize((n + 31) / 32);
  x.priority.resize(x.simdgroups.size());
  x.random.seed(l.seed);
  x.launch = &l;
  return true;
}

EXPORTED int sgp_dispatch(const char *kernel, const sgp_launch *launch, char *error, uint64_t error_size) {
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  const sgp_launch &l = *launch;
  x.failed = !prepare(kernel, l);
  if (!x.failed) {
    check_begin(l);
    for (uint32_t i = 0; i < l.buffer_count; i++) x.arguments.buffer[i] = l.buffers[i].data;
    std::vector<std::vector<uint64_t>> memory(l.memory_count);
    for (uint32_t i = 0; i < l.memory_count; i++) {
      memory[i].assign((l.memory[i] + 15) / 16 * 2 + 2, 0);
      char *aligned = (char *)(((uintptr_t)memory[i].data() + 15) / 16 * 16);
      x.arguments.memory[i] = aligned;
      check_memory(i, aligned, l.memory[i]);
    }
    const uint32_t total = l.grid[0] * l.grid[1] * l.grid[2];
    std::vector<uint32_t> order(total);
    for (uint32_t i = 0; i < total; i++) order[i] = l.schedule == SGP_BACKWARD ? total - 1 - i : i;
    if (l.schedule >= SGP_RANDOM) std::shuffle(order.begin(), order.end(), x.random);
    const unsigned csr = _mm_getcsr();
#ifndef SGP_CHECK
    _mm_setcsr(csr | 0x8040); // denormals are zero, as under fast maths on a GPU
#endif
    for (uint32_t i = 0; i < total && !x.failed; i++) {
      x.group = i + 1;
      for (auto &m : memory) std::fill(m.begin(), m.end(), 0xcbcbcbcbcbcbcbcb);
      set_up(order[i]);
      run_group();
    }
    _mm_setcsr(csr);
  }
  if (x.failed && error_size) snprintf(error, error_size, "%s", x.error);
  return x.failed;
}

EXPORTED const char *sgp_kernel(uint32_t i, uint32_t *buffers, uint32_t *memories) {
  const sgp::Entry &e = sgp_table[i];
  *buffers = e.buffers;
  *memories = e.memories;
  return e.name;
}
