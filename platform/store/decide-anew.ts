import { isAppError } from '../errors';

const TRIES = 100;

/**
 * Decides, commits, and answers what was committed. While others commit first, it is decided anew on what is there by then;
 * after a hundred times their CONFLICT is thrown. One that deciding itself ends in is the caller's, and thrown at once.
 * @param decide loads and decides; answers with the commit
 */
export async function decideAnew<T>(decide: () => Promise<() => Promise<T>> | (() => Promise<T>)): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const commit = await decide();
    try {
      return await commit();
    } catch (error) {
      if (tries >= TRIES || !isAppError(error, 'CONFLICT')) throw error;
    }
  }
}
