// silu: y = x sigmoid(x).
#ifdef SG_ISA
MAP(silu, 1, vf_mul(a, vf_sigmoid(a)))
#endif
