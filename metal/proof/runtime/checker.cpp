// Judges every access to memory of a kernel built with -fsanitize=thread, whose callbacks these are. For each two bytes of memory that
// may be written it keeps the last writer and two readers, and what barriers they had passed.
#include "runtime.h"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <link.h>
#include <vector>

namespace {
// Access is who touched a cell last, and when.
struct Access {
  uint32_t group = 0; // 0: nobody
  uint16_t thread = 0;
  uint16_t simdgroup = 0;
  uint32_t all = 0, in_simdgroup = 0; // epochs
};
struct Cell {
  Access writer, reader[2];
};
// Range is memory that a kernel may touch.
struct Range {
  const char *lo, *hi;
  MemoryKind kind;
  int index; // of the buffer, or of the block of threadgroup memory
  const char *variable; // the name of a threadgroup variable, or null
  uint32_t access;
  std::vector<Cell> cells; // made when they are needed: a library has the variables of many kernels
};
std::vector<Range> ranges;
size_t last; // the range of the last access
bool sorted, checking;
constexpr uint64_t max_accesses = 1000000000;
uint64_t accesses; // of this launch
const char *module_lo, *module_hi; // this library: constants of the kernel, and the state of the executor
} // namespace

static int find_module(dl_phdr_info *info, size_t, void *) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto &p = info->dlpi_phdr[i];
    const char *lo = (const char *)info->dlpi_addr + p.p_vaddr, *hi = lo + p.p_memsz, *here = (const char *)&find_module;
    if (p.p_type != PT_LOAD || here < lo || here >= hi) continue;
    for (int j = 0; j < info->dlpi_phnum; j++) {
      const auto &q = info->dlpi_phdr[j];
      const char *a = (const char *)info->dlpi_addr + q.p_vaddr, *b = a + q.p_memsz;
      if (q.p_type != PT_LOAD) continue;
      if (!module_lo || a < module_lo) module_lo = a;
      if (b > module_hi) module_hi = b;
    }
    return 1;
  }
  return 0;
}

static void add(const void *data, uint64_t size, MemoryKind kind, int index, uint32_t access) {
  const char *lo = (const char *)data;
  for (Range &r : ranges)
    if (r.lo == lo && r.kind == kind && size) { // one buffer bound twice: what is computed in place
      r.access |= access;
      if (lo + size > r.hi) r.hi = lo + size;
      return;
    }
  ranges.push_back({lo, lo + size, kind, index, nullptr, access, {}});
}

void check_begin(const sgp_launch &l) {
  ranges.clear();
  sorted = false;
  accesses = 0;
  if (!module_lo) dl_iterate_phdr(find_module, nullptr);
  for (uint32_t i = 0; i < l.buffer_count; i++) add(l.buffers[i].data, l.buffers[i].size, DeviceMemory, i, l.buffers[i].access);
  for (const sgp::Variable *v = sgp_variables; v->data; v++) {
    add(v->data, v->size, GroupMemory, 0, SGP_WRITE);
    ranges.back().variable = v->name;
  }
}
void check_memory(int index, void *data, uint64_t size) { add(data, size, GroupMemory, index, SGP_WRITE); }
void check_on(bool on) {
  checking = on;
  if (!sorted) std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) { return a.lo < b.lo; });
  sorted = true;
}

// find is the range that p lies in, or null. Accesses come in runs, so that the last one found is tried first.
static Range *find(const char *p, unsigned size) {
  if (last < ranges.size() && p >= ranges[last].lo && p + size <= ranges[last].hi) return &ranges[last];
  const auto next = std::upper_bound(ranges.begin(), ranges.end(), p, [](const char *q, const Range &r) { return q < r.lo; });
  if (next == ranges.begin()) return nullptr;
  last = next - ranges.begin() - 1;
  return p + size <= ranges[last].hi ? &ranges[last] : nullptr;
}

static bool same(const Access &a, const Access &b) { return a.group == b.group && a.thread == b.thread; }

// ordered reports whether a is certain to be seen by b, which comes now: same thread, or a barrier for this memory between them.
static bool ordered(const Access &a, const Access &b) {
  if (a.group == 0 || same(a, b)) return true;
  if (a.group != b.group) return false;
  if (a.all != b.all) return true;
  return a.simdgroup == b.simdgroup && a.in_simdgroup != b.in_simdgroup;
}

struct Name {
  char text[128];
};
static Name name(const Range &r) {
  Name n;
  if (r.variable) snprintf(n.text, sizeof n.text, "threadgroup variable %s", r.variable);
  else snprintf(n.text, sizeof n.text, "%s %d", r.kind == DeviceMemory ? "buffer" : "threadgroup memory", r.index);
  return n;
}

[[noreturn]] static void race(const Range &r, const char *p, bool write, const Access &other, const char *did) {
  const bool elsewhere = other.group != group_number();
  stop("data race: %s %s at byte %ld, which thread %u %s%s", write ? "writes" : "reads", name(r).text, (long)(p - r.lo), other.thread, did,
       elsewhere ? " in another threadgroup" : " with no barrier between");
}

static void record(Range &r, Cell &c, const char *p, bool write, const Access &me) {
  // Memory of a threadgroup is another for each.
  const bool group = r.kind == GroupMemory;
  if (group && c.writer.group != me.group) c.writer = {};
  for (Access &a : c.reader)
    if (group && a.group != me.group) a = {};
  if (!ordered(c.writer, me)) race(r, p, write, c.writer, "wrote");
  if (!write) {
    if (!(r.access & SGP_READ) && c.writer.group == 0) stop("reads %s at byte %ld, which nothing has written", name(r).text, (long)(p - r.lo));
    for (Access &a : c.reader)
      if (ordered(a, me)) {
        a = me;
        return;
      }
    return; // two others read it at the same time: that is enough to find a writer out
  }
  for (const Access &a : c.reader)
    if (!ordered(a, me)) race(r, p, write, a, "read");
  c.writer = me;
  c.reader[0] = c.reader[1] = {};
}

[[noreturn]] static void outside(const char *p, unsigned size, bool write) {
  const Range *near = nullptr;
  long best = 1 << 20;
  for (const Range &r : ranges) {
    const long off = p < r.lo ? r.lo - p : p - r.hi;
    if (off < best) { best = off; near = &r; }
  }
  const char *what = write ? "write" : "read";
  if (!near) stop("out of bounds: a %s of %u bytes far from any buffer", what, size);
  stop("out of bounds: a %s of %u bytes at byte %ld of %s, which has %ld", what, size, (long)(p - near->lo), name(*near).text, (long)(near->hi - near->lo));
}

static UNCHECKED void check(const void *address, unsigned size, bool write, bool may_be_unaligned) {
  if (!checking) return;
  if (++accesses > max_accesses) stop("runs without end: %lu accesses to memory", accesses);
  Fiber &f = running();
  const char *p = (const char *)address;
  if (p >= f.stack && p < f.stack + stack_size) return;
  Range *r = find(p, size);
  if (!r) {
    const auto *s = (const char *)f.thread.simdgroup; // where lanes exchange values
    if (p >= s && p < s + sizeof(sgp::Simdgroup)) return;
    if (p >= (const char *)&f && p < (const char *)(&f + 1)) return;
    if (!write && p >= module_lo && p < module_hi) return;
    outside(p, size, write);
  }
  if (write && !(r->access & SGP_WRITE)) stop("writes buffer %d, which is only read", r->index);
  if ((uintptr_t)p % size && !may_be_unaligned) stop("misaligned: a %s of %u bytes at byte %ld of %s", write ? "write" : "read", size, (long)(p - r->lo), name(*r).text);
  if (!(r->access & SGP_WRITE)) return;
  if (r->cells.empty()) r->cells.resize((r->hi - r->lo) / 2 + 2);
  const Access me = {group_number(), (uint16_t)f.thread.index, (uint16_t)f.thread.simdgroup_index, f.epochs.all[r->kind], f.epochs.simdgroup[r->kind]};
  for (size_t k = (p - r->lo) / 2; k <= size_t(p + size - 1 - r->lo) / 2; k++) record(*r, r->cells[k], p, write, me);
}

static UNCHECKED void check_bytes(const void *p, size_t n, bool write) {
  for (size_t i = 0; i < n; i += 2) check((const char *)p + i, n - i < 2 ? 1 : 2, write, true);
}

extern "C" {
#define SIZE(n) \
  UNCHECKED void __tsan_read##n(void *p) { check(p, n, false, false); } \
  UNCHECKED void __tsan_write##n(void *p) { check(p, n, true, false); } \
  UNCHECKED void __tsan_unaligned_read##n(void *p) { check(p, n, false, true); } \
  UNCHECKED void __tsan_unaligned_write##n(void *p) { check(p, n, true, true); }
SIZE(1) SIZE(2) SIZE(4) SIZE(8) SIZE(16)
UNCHECKED void __tsan_func_entry(void *) {}
UNCHECKED void __tsan_func_exit() {}
UNCHECKED void __tsan_init() {}
UNCHECKED void *__tsan_memset(void *p, int c, size_t n) { check_bytes(p, n, true); return memset(p, c, n); }
UNCHECKED void *__tsan_memcpy(void *p, const void *q, size_t n) { check_bytes(q, n, false); check_bytes(p, n, true); return memcpy(p, q, n); }
UNCHECKED void *__tsan_memmove(void *p, const void *q, size_t n) { check_bytes(q, n, false); check_bytes(p, n, true); return memmove(p, q, n); }
}
