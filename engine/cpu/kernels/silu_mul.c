// silu_mul: y = silu(a) b, the gate of a SwiGLU MLP.
#ifdef SG_ISA
MAP(silu_mul, 2, vf_mul(vf_mul(a, vf_sigmoid(a)), b))
#endif
