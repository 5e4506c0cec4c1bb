import { expect, test } from 'vitest';

import { compareGenerated } from './differential.ts';

test('300,000 messages and as many mutants are the same to a protobuf library, both ways', () => {
  const { messages, accepted, refused } = compareGenerated(150_000, 2);
  expect(messages).toBe(300_000);
  expect(accepted + refused).toBe(300_000);
});
