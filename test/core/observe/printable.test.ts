import { describe, expect, test } from 'vitest';

import { printable } from '../../../packages/core/src/observe/printable.ts';

describe('printable()', () => {
  test.each([
    ['line feeds', 'a\nb', 'a\\nb'],
    ['carriage returns and tabs', '\r\t', '\\r\\t'],
    ['what a terminal obeys', '\x1b[2J\x07\x7f', '\\x1b[2J\\x07\\x7f'],
    ['the control characters above ASCII', '\x85\x9b31m', '\\x85\\x9b31m'],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['what turns the direction of text', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['what nobody sees', '\u200b\ufeff\u{e0041}', '\\u{200b}\\u{feff}\\u{e0041}'],
    ['half a character', 'a\ud83db\udc4b', 'a\\u{d83d}b\\u{dc4b}'],
  ])('escapes %s', (_name, text, escaped) => expect(printable(text, 100)).toBe(escaped));

  test('leaves text alone', () => {
    const text = 'grüße, 漢字, 👋, \u00a0 and \\n as it was written';
    expect(printable(text, 100)).toBe(text);
  });

  test('cuts what is long, in front of a character that is half inside, and counts the rest', () => {
    expect(printable('x'.repeat(10), 10)).toBe('x'.repeat(10));
    expect(printable('x'.repeat(11), 10)).toBe(`${'x'.repeat(10)} ... 1 more characters`);
    expect(printable(`${'x'.repeat(9)}👋y`, 10)).toBe(`${'x'.repeat(9)} ... 3 more characters`);
    expect(printable(`${'x'.repeat(9)}\n${'y'.repeat(90)}`, 10)).toBe(`${'x'.repeat(9)}\\n ... 90 more characters`);
  });
});
