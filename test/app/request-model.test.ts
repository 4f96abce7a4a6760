import * as z from 'zod/mini';
import { requestModelSchema } from '../../lib/api/request-model.ts';

const ONE = z.strictObject({ kind: z.string(), text: z.string(), size: z.int() });
const OTHER = z.strictObject({ kind: z.string(), text: z.optional(z.string()), size: z.string(), more: z.optional(z.array(z.string())) });

test('the model of a body of several forms knows the members of all, and demands those that are demanded in each', () => {
  const text = { type: 'string' };
  expect(requestModelSchema(z.union([ONE, OTHER]))).toMatchObject({
    properties: { kind: text, text, size: {}, more: { type: 'array' } },
    required: ['kind', 'size'],
  });
  expect(requestModelSchema(z.union([ONE, OTHER])).properties?.['size']).toEqual({});
});

test('what is demanded in none is not named, since draft-04 knows no empty list', () => {
  expect(requestModelSchema(z.union([ONE, z.strictObject({ other: z.string() })]))).not.toHaveProperty('required');
});

test.each([
  ['a text', z.string()],
  ['an object or a text', z.union([ONE, z.string()])],
])('a body that is %s has no model', (_what, schema) => {
  expect(() => requestModelSchema(schema)).toThrow('must be described by an object schema, or by a union of such');
});
