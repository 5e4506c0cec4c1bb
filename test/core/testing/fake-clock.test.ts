import { FakeClock } from '@wirewright/core/testing';
import { expect, test } from 'vitest';

test('calls what is due in order, each at its time, and what that asks for', () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push(`b ${clock.now()}`));
  clock.after(10, () => {
    seen.push(`a ${clock.now()}`);
    clock.after(5, () => seen.push(`c ${clock.now()}`));
  });
  const cancel = clock.after(12, () => seen.push('cancelled'));
  cancel();
  clock.advance(20);
  expect(seen).toEqual(['a 10', 'c 15', 'b 20']);
  expect(clock.pending).toBe(0);
});

test('never goes back, also when something that is due moves it on', () => {
  const clock = new FakeClock();
  clock.after(50, () => clock.advance(100));
  clock.advance(100);
  expect(clock.now()).toBe(150);
});
