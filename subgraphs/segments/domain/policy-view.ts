/** The default merge policy where none was put. */
export const SHIPPED_POLICY = 'default';

/**
 * The view that a rule of `mergePolicy` is asked on: that policy's, or `undefined` for the default one, which is the one
 * that is kept live.
 */
export function viewUnder(mergePolicy: string | undefined, defaultPolicy = SHIPPED_POLICY): string | undefined {
  return mergePolicy === defaultPolicy ? undefined : mergePolicy;
}
