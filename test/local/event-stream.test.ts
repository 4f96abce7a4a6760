import fc from 'fast-check';
import { readEvents } from '../../local/cli/event-stream.ts';

const BYTES = new TextEncoder();

/** The events of a stream that comes in these pieces. */
async function read(...pieces: readonly (string | Uint8Array<ArrayBuffer>)[]) {
  const events: { event: string; data: string }[] = [];
  const chunks = pieces.map((piece) => (typeof piece === 'string' ? BYTES.encode(piece) : piece));
  for await (const event of readEvents(ReadableStream.from(chunks))) events.push(event);
  return events;
}

test('events have a name, or are messages, and lines of data', async () => {
  expect(await read('event: token\ndata: {"a":1}\n\ndata:x\ndata: y\ndata\n\n')).toEqual([
    { event: 'token', data: '{"a":1}' },
    { event: 'message', data: 'x\ny\n' },
  ]);
});

test('comments, other fields, and events without data or an end are skipped', async () => {
  expect(await read(': keep-alive\n\nid: 7\nretry: 1\ndata: x\n\nevent: none\n\ndata: broken off\n')).toEqual([
    { event: 'message', data: 'x' },
  ]);
});

test('a stream is the same however it is cut, and however its lines end', async () => {
  const stream = 'event: token\ndata: Grüße 🔧\n\n: still there\n\nevent: done\ndata: {}\n\n';
  const whole = await read(stream);
  expect(whole).toHaveLength(2);
  const cuts = fc.tuple(fc.constantFrom('\n', '\r\n', '\r'), fc.uniqueArray(fc.nat({ max: 90 }), { maxLength: 30 }));
  await fc.assert(
    fc.asyncProperty(cuts, async ([end, at]) => {
      // A line feed at the very end tells a lone carriage return from half of one.
      const bytes = BYTES.encode(`${stream.replaceAll('\n', end)}:\n`);
      const bounds = [0, ...at.sort((a, b) => a - b), bytes.length];
      expect(await read(...bounds.slice(1).map((to, index) => bytes.slice(bounds[index], to)))).toEqual(whole);
    }),
  );
});
