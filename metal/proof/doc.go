// Package proof runs Metal kernels without a Mac, and judges them.
//
// The text of a kernel is compiled by clang for this processor, against our own declaration of Metal's standard library, and changed in
// few ways only (see Translate). Every GPU thread is a fiber, which stops only at barriers and simdgroup operations, so that the order of
// threads is chosen and can be repeated. There are two builds. Fast has no checks and fast arithmetic, as Metal compiles. Check has exact
// arithmetic and looks at every access to memory.
//
// What is shown, for the sizes that were run:
//   - the values of a kernel, in each schedule
//   - that no thread touches memory outside its buffers, or at a wrong alignment, or writes what is only read
//   - that no two threads touch the same memory, one of them writing, without a barrier that orders them: whatever the order in which
//     they ran, for barriers and not the schedule decide it
//   - that threadgroup memory and results are written before they are read
//   - that all threads of a threadgroup come to the same barrier, and all of a simdgroup to the same simdgroup operation
//
// What clang takes and Apple's compiler would not is refused before anything runs: doubles, C++17, lambdas, recursion, pointers to functions,
// pointers without an address space or that change theirs, threadgroup variables outside kernels or over 32 KB, buffers beyond the 31st,
// and names that Metal's library does not have. Mutants, each with a barrier or a guard taken out, show that the checks see.
//
// What is not shown: that Apple's compiler takes a kernel, or takes it to mean the same; its arithmetic (fast functions, the order of
// sums within a simdgroup); anything of speed. The checks see the paths that the sizes given take, and no others. Memory is watched two
// bytes at a time: of two bytes written by two threads a race is reported where there is none. A simdgroup operation that part of a
// simdgroup stays away from is refused, although Metal defines some of these.
package proof
