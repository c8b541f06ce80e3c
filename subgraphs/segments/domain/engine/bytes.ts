/** Writes numbers as few bytes as they need. */
export interface ByteWriter {
  /** A whole number from 0 up. */
  whole(value: number): void;
  /** Whole numbers, of any sign, that rise or stay. Their count is not written. */
  rising(values: ArrayLike<number>): void;
  double(value: number): void;
  toText(): string;
}

/** Reads what a ByteWriter wrote, in the same order. */
export interface ByteReader {
  whole(): number;
  rising(count: number): number[];
  double(): number;
  isAtEnd(): boolean;
}

/** Begins empty. */
export function createByteWriter(): ByteWriter {
  let bytes = Buffer.allocUnsafe(1024);
  let length = 0;
  const ensure = (more: number): void => {
    if (length + more <= bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (length + more));
    bytes.copy(larger, 0, 0, length);
    bytes = larger;
  };
  const whole = (value: number): void => {
    ensure(8);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[length++] = (rest % 128) | 128;
    bytes[length++] = rest;
  };
  return {
    whole,
    rising(values) {
      let last = 0;
      for (let index = 0; index < values.length; index++) {
        const value = values[index] as number;
        if (index === 0) whole(value < 0 ? -2 * value - 1 : 2 * value);
        else whole(value - last);
        last = value;
      }
    },
    double(value) {
      ensure(8);
      length = bytes.writeDoubleLE(value, length);
    },
    toText: () => bytes.toString('base64', 0, length),
  };
}

/** Begins at the start of what was written. Fails when it ends too early. */
export function createByteReader(text: string): ByteReader {
  const bytes = Buffer.from(text, 'base64');
  let at = 0;
  const whole = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('A packed state ends too early.');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  return {
    whole,
    rising(count) {
      const values: number[] = [];
      for (let index = 0; index < count; index++) {
        const next = whole();
        if (index === 0) values.push(next % 2 === 1 ? -(next + 1) / 2 : next / 2);
        else values.push((values[index - 1] as number) + next);
      }
      return values;
    },
    double() {
      at += 8;
      return bytes.readDoubleLE(at - 8);
    },
    isAtEnd: () => at >= bytes.length,
  };
}
