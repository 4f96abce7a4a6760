import { prefersEvents } from '../../lambdas/shared/accept.ts';

test.each([
  'text/event-stream',
  'Text/Event-Stream; charset=utf-8',
  'text/event-stream, */*',
  'text/event-stream, application/json',
  'application/json;q=0.9, text/event-stream',
  'text/event-stream;q=0.5, application/json;q=0.4',
  'text/event-stream;q=0.5, application/*;q=0.4, */*;q=0.1',
  'text/*',
  'text/*;q=0.2, */*;q=0.1',
  'text/html, text/event-stream;q=0.001',
])('"%s" would rather have events', (accept) => expect(prefersEvents(accept)).toBe(true));

test.each([
  undefined,
  '',
  '*/*',
  'application/json',
  'text/html, */*;q=0.5',
  'text/event-stream;q=0',
  'text/event-stream;q=0, */*',
  'text/event-stream;q=0.4, application/json;q=0.5',
  'text/event-stream;q=0.9, */*',
  'text/event-stream;q=2',
  'text/event-stream-ish',
  'text/html',
  'text/*;q=0.1, */*;q=0.2',
])('"%s" gets JSON', (accept) => expect(prefersEvents(accept)).toBe(false));
