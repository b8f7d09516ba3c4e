// add: y = a + b, element by element; b repeats over the leading dimensions of a.
struct Add {
  static float4 of(float4 a, float4 b) { return a + b; }
};
INSTANTIATE_BINARY("add", Add)
