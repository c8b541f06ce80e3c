/**
 * Sums of numbers as people write them. Each number stands for its shortest decimal text, as it was sent; such sums are
 * exact. So the order of adding cannot be seen in them, as it could in sums of doubles, and 0.1 + 0.2 is 0.3.
 */
export type Decimal = string;

export const ZERO: Decimal = '0';

/** `units` / 10 ** `scale`. */
interface Scaled {
  readonly units: bigint;
  readonly scale: number;
}

const MICROS = 1e6;
/** A number of so many millionths has its shortest text within six places: 15 digits are told apart by every double. */
const MOST_MICROS = 1e15;

/** The decimal with the numbers added. They must be finite. */
export function addNumbers(sum: Decimal, numbers: readonly number[]): Decimal {
  let total = parse(sum);
  let micros = 0;
  for (const number of numbers) {
    const each = Math.round(number * MICROS);
    if (Math.abs(each) < MOST_MICROS && each / MICROS === number) {
      micros += each;
      if (Math.abs(micros) < MOST_MICROS) continue;
      total = add(total, { units: BigInt(micros), scale: 6 });
      micros = 0;
    } else {
      total = add(total, parse(String(number)));
    }
  }
  return print(add(total, { units: BigInt(micros), scale: 6 }));
}

/** The sum of two decimals. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  return print(add(parse(a), parse(b)));
}

function add(a: Scaled, b: Scaled): Scaled {
  const scale = Math.max(a.scale, b.scale);
  return { units: rescale(a, scale) + rescale(b, scale), scale };
}

function rescale({ units, scale }: Scaled, to: number): bigint {
  return scale === to ? units : units * 10n ** BigInt(to - scale);
}

function parse(text: string): Scaled {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const units = BigInt(whole + fraction);
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

/** One text for each number: no exponent, no zeros at its end. */
function print({ units, scale }: Scaled): Decimal {
  if (scale === 0) return units.toString();
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '');
  return units < 0n ? `-${text}` : text;
}
