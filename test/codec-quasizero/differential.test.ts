import { readFileSync } from 'node:fs';

import { ScalarType } from '@bufbuild/protobuf';
import protobufjs from 'protobufjs';
import { expect, test } from 'vitest';

import { RequestSchema, ResponseSchema } from '../../bench/generated/bufbuild.js';
import { compareGenerated } from './differential.ts';

test('what is compared with is what messages.proto says', () => {
  const file = new URL('../../packages/codec-quasizero/messages.proto', import.meta.url);
  const { root } = protobufjs.parse(readFileSync(file, 'utf8'), { keepCase: true });
  for (const schema of [RequestSchema, ResponseSchema]) {
    const fields = root.lookupType(schema.typeName).fieldsArray;
    const inFile = fields.map(({ name, id, type, map }) => [id, name, map ? `map of ${type}` : type]);
    const compared = schema.fields.map((field) => {
      const scalar = field.scalar === undefined ? '' : ScalarType[field.scalar].toLowerCase();
      return [field.number, field.name, field.fieldKind === 'map' ? `map of ${scalar}` : scalar];
    });
    expect(compared).toEqual(inFile);
  }
});

test('messages and mutants of them are the same to a protobuf library, both ways', () => {
  const { messages, accepted, refused } = compareGenerated(5000, 1);
  expect(messages).toBe(10_000);
  // Or the mutants would say little.
  expect(accepted).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(1000);
});
