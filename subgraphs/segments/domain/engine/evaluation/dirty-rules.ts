/** Rules that are to be asked again, taken in their order of evaluation. */
export class DirtyRules {
  private readonly words: Uint32Array;
  private first: number;

  constructor(count: number) {
    this.words = new Uint32Array((count + 31) >>> 5);
    this.first = this.words.length;
  }

  add(rule: number): void {
    const word = rule >>> 5;
    this.words[word] = (this.words[word] as number) | (1 << (rule & 31));
    if (word < this.first) this.first = word;
  }

  /** The first of them, taken out; -1 when there is none. */
  take(): number {
    for (; this.first < this.words.length; this.first++) {
      const word = this.words[this.first] as number;
      if (word === 0) continue;
      const bit = 31 - Math.clz32(word & -word);
      this.words[this.first] = word & ~(1 << bit);
      return (this.first << 5) + bit;
    }
    return -1;
  }
}
