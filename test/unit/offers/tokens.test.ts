import { describe, expect, test } from '@jest/globals';
import { compileContent } from '../../../subgraphs/offers/domain/tokens';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the tokens under test.
const values = {
  profile: { name: 'A & B', points: 12, vip: true, address: { city: 'Bern' }, computedAttributes: { rank: 3 } },
  context: { page: 'x y' },
};
const text = (content: unknown, contentType: 'TEXT' | 'HTML' | 'IMAGE_URL' | 'JSON' = 'TEXT') =>
  compileContent(content, contentType)(values);

describe('D-13 tokens', () => {
  test.each([
    ['${profile.address.city}', 'Bern'],
    ['${profile.points} points, ${profile.vip}', '12 points, true'],
    ['${profile.computedAttributes.rank}', '3'],
    ['${profile.loyalty.tier|"member"}!', 'member!'],
    ["${ profile.loyalty.tier | 'a \\'b\\'' }", "a 'b'"],
    ['${profile.loyalty.tier}', ''],
    ['${profile.address|"no object"}', 'no object'],
    ['${profile.constructor.name|"own fields only"}', 'own fields only'],
    ['${other.token} $${profile.points}', '${other.token} $12'],
    ['${context.page}', 'x y'],
  ])('%s gives %s', (content, expected) => {
    expect(text(content)).toBe(expected);
  });

  test('are filled in strings anywhere in JSON, and what has none is shared', () => {
    const still = { deep: [1, null, 'plain'] };
    const content = { title: 'Hi ${profile.name}', list: ['${context.page}', 2], still };
    const filled = text(content, 'JSON') as typeof content;
    expect(filled).toEqual({ title: 'Hi A & B', list: ['x y', 2], still });
    expect(filled.still).toBe(still);
    expect(content.title).toBe('Hi ${profile.name}');
  });

  test('are escaped in HTML; what the author wrote is not', () => {
    expect(text('<b>${profile.name}</b>${profile.none|"<i>"}', 'HTML')).toBe('<b>A &amp; B</b><i>');
  });

  test("are percent-encoded inside an image's address", () => {
    expect(text('https://img/${profile.name}.png', 'IMAGE_URL')).toBe('https://img/A%20%26%20B.png');
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
