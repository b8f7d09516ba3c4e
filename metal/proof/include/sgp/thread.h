// What the executor and the code of a kernel share: the state of the thread that runs now, and the table of kernels.
#ifndef SGP_THREAD
#define SGP_THREAD
#pragma clang system_header
namespace sgp {
// A simdgroup and the exchange of its lanes. Phases alternate between two sets of slots, so that a fast lane cannot overwrite what a slow
// one has still to read.
struct Simdgroup {
  unsigned arrived, live, phase;
  unsigned inactive; // a bit for each lane that has returned, or never was
  const void *site;  // the call at which lanes wait
  void (*combine)(Simdgroup *, unsigned phase);
  alignas(64) char slot[2][32][16];
  alignas(64) char out[2][256];
};
struct Thread {
  Simdgroup *simdgroup;
  unsigned lane, index, simdgroup_index;
  unsigned position[3], group[3], group_size[3], groups[3];
};
struct Arguments {
  void *buffer[31];
  void *memory[8];
};
struct Entry {
  const char *name;
  void (*run)(const Arguments &);
  unsigned buffers, memories; // how many the kernel takes
};
// A threadgroup variable, for the checker.
struct Variable {
  char *data;
  unsigned long size;
  const char *name;
};
} // namespace sgp
extern "C" {
extern const sgp::Variable sgp_variables[]; // ends with null data
extern sgp::Thread *sgp_current;
extern const sgp::Entry sgp_table[]; // ends with a null name
// sgp_arrive waits for all live lanes of the simdgroup, runs combine once, and returns the phase whose slots hold the exchange.
__attribute__((convergent, noinline, nomerge)) unsigned sgp_arrive(void (*combine)(sgp::Simdgroup *, unsigned));
__attribute__((convergent, noinline, nomerge)) void sgp_barrier(unsigned flags);
__attribute__((convergent, noinline, nomerge)) void sgp_simdgroup_barrier(unsigned flags);
void sgp_fault(const char *what);
}
#endif
