// The searches among numbers are written out: rules ask them at every event, and a shared one calls what it cannot inline.

/** The place of the first of the rising numbers that is at least `least`; their length when none is. */
export function firstAtLeast(rising: ArrayLike<number>, least: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the first of the rising numbers that is more than `most`; their length when none is. */
export function firstAfter(rising: ArrayLike<number>, most: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] as number) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first place whose item fits, of items of which all fit from there on; their length when none does. */
export function bisect<Item>(items: ArrayLike<Item>, fits: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (fits(items[middle] as Item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
