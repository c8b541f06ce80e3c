import { expect, test } from '@jest/globals';
import { AppError } from '../../../platform/errors';
import { decideAnew } from '../../../platform/store/decide-anew';

const lost = () => new AppError('CONFLICT', 'Someone else was first.');

test('what lost against others is decided anew on what is there by then', async () => {
  let there = 0;
  const answered = await decideAnew(async () => {
    const seen = there;
    return async () => {
      there += 1;
      if (seen < 3) throw lost();
      return seen;
    };
  });
  expect(answered).toBe(3);
});

test('a conflict that deciding ends in is told at once, and so is any other failure; losing for ever ends', async () => {
  let tries = 0;
  const losing = (commit: () => Promise<never>) =>
    decideAnew(() => {
      tries += 1;
      return commit;
    });
  const refused = decideAnew(async () => {
    tries += 1;
    throw lost();
  });
  await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(tries).toBe(1);
  await expect(losing(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(tries).toBe(2);
  await expect(losing(() => Promise.reject(lost()))).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(tries).toBe(102);
});
