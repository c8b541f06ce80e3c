import { createHash } from 'node:crypto';

/** Numbers of `bytes` bytes from a cryptographic source. */
export type RandomBytes = (bytes: number) => Uint8Array;

const DIGITS = 38;

/** A new ECID: 38 digits (P-16). */
export function newEcid(random: RandomBytes): string {
  return toDigits(random(32));
}

/** The ECID of a first-party id: always the same for the same one (P-16). */
export function ecidOf(sandbox: string, fpid: string): string {
  return toDigits(createHash('sha256').update(`attune fpid\n${sandbox}\n${fpid}`).digest());
}

// Of 256 bits the remainder is even to a part in 10^39.
function toDigits(bytes: Uint8Array): string {
  const number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) % 10n ** BigInt(DIGITS);
  return number.toString().padStart(DIGITS, '0');
}
