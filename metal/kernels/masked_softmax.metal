// masked_softmax: softmax of each row of x [N, C] over the columns that query row mod queries attends to, its span of the M positions of its
// sequence, and 0 elsewhere.
struct MaskedSoftmax {
  uint n, c, queries, m, from;
};

// mask puts instead into the numbers i to i+3 that lie outside columns begin to end.
inline float4 mask(float4 v, uint i, uint begin, uint end, float instead) {
  for (uint k = 0; k < 4; k++) {
    v[k] = i + k >= begin && i + k < end ? v[k] : instead;
  }
  return v;
}

template <typename T, bool wide>
[[kernel]] void masked_softmax(
    device const T* x [[buffer(0)]],
    device const int* seq [[buffer(1)]],
    device const int* spans [[buffer(2)]],
    device T* y [[buffer(3)]],
    constant MaskedSoftmax& p [[buffer(4)]],
    TEAM_PARAMETERS) {
  threadgroup float tops[SIMD];
  threadgroup float sums[SIMD];
  Team<wide> team(group, lane, simd, simds);
  if (team.row >= p.n) {
    return;
  }
  const uint query = team.row % p.queries;
  const Span span(seq, spans, query, p.queries, p.c / p.m, p.from);
  const uint base = uint(seq[query]) * p.m; // of no sequence, nothing is seen from there
  x += size_t(team.row) * p.c;
  y += size_t(team.row) * p.c;
  Peak peak;
  for (uint i = team.begin; i < p.c; i += team.stride) {
    peak.take(mask(load4(x, i, p.c), i, base + uint(span.begin), base + uint(span.end), LOWEST));
  }
  peak.gather(team, tops, sums);
  for (uint i = team.begin; i < p.c; i += team.stride) {
    const float4 v = precise::exp(load4(x, i, p.c) - peak.top) / peak.sum;
    store4(y, i, p.c, mask(v, i, base + uint(span.begin), base + uint(span.end), 0.0f));
  }
}
INSTANTIATE_ROWS("masked_softmax", masked_softmax)
