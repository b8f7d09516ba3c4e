// Random numbers with a seed: every question draws from its own, so that one more of a kind changes no other.

// seeded returns a source of numbers in [0, 1) for a name: FNV-1a of the name starts mulberry32.
function seeded(name) {
  let h = 0x811c9dc5;
  for (const c of name) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193);
  return () => {
    h = (h + 0x6d2b79f5) | 0;
    let t = Math.imul(h ^ (h >>> 15), h | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Random {
  constructor(name) {
    this.next = seeded(name);
    for (let i = 0; i < 8; i++) this.next(); // names that differ in their last letter start alike
  }

  // int is a whole number from low to high, both included.
  int(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(p) {
    return this.next() < p;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  shuffle(list) {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  // some takes n different ones, in random order.
  some(list, n) {
    return this.shuffle(list).slice(0, n);
  }
}
