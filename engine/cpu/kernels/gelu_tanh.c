// gelu_tanh: y = x/2 (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3).
#ifdef SG_ISA
SG_INLINE vf gelu_tanh_of(vf x) {
	vf c = vf_fma(vf_mul(x, x), vf_set(2 * 0.7978845608f * 0.044715f), vf_set(2 * 0.7978845608f));
	return vf_mul(x, vf_sigmoid(vf_mul(x, c)));
}
MAP(gelu_tanh, 1, gelu_tanh_of(a))
#endif
