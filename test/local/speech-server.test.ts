import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SpeechServer } from '../../local/transcribe/engines/speech-server.ts';
import { recording } from './speech-support.ts';
import { silence } from './transcribe-support.ts';

interface Received {
  readonly url: string | undefined;
  readonly form: FormData;
}

let server: http.Server;
let url: string;
let received: Received[];
let answer: { readonly status: number; readonly body: string };

beforeEach(async () => {
  received = [];
  answer = { status: 200, body: JSON.stringify({ text: ' How do I descale it?\n' }) };
  server = http.createServer(async (request, response) => {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const form = await new Response(new Uint8Array(await buffer(request)), { headers }).formData();
    received.push({ url: request.url, form });
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const listen = (changes = {}, options = {}) =>
  new SpeechServer({ url, ...options }).transcribe(recording(changes), new AbortController().signal);

test('is sent the recording as it is, its language and the model, and what it answers is the text', async () => {
  expect(await listen({ language: 'de-DE' })).toEqual({ text: 'How do I descale it?' });
  const [{ url: path, form } = { url: '', form: new FormData() }] = received;
  expect(path).toBe('/v1/audio/transcriptions');
  expect(Object.fromEntries([...form].filter(([name]) => name !== 'file'))).toEqual({
    model: 'whisper-1',
    language: 'de',
    response_format: 'json',
  });
  const file = form.get('file') as File;
  expect([file.name, file.type]).toEqual(['recording.wav', 'audio/wav']);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(silence());
});

test.each(['m4a', 'mp4'] as const)('is sent a recording in %s under a name by which it knows it', async (format) => {
  await listen({ format });
  const file = received[0]?.form.get('file') as File;
  expect([file.name, file.type]).toEqual([`recording.${format}`, 'audio/mp4']);
});

test('is asked for the model that is named, at whichever of its addresses was given', async () => {
  await listen({}, { url: `${url}/v1/`, model: 'whisper-large-v3' });
  await listen({}, { url: `${url}/v1/audio/transcriptions` });
  expect(received.map(({ url: path, form }) => [path, form.get('model')])).toEqual([
    ['/v1/audio/transcriptions', 'whisper-large-v3'],
    ['/v1/audio/transcriptions', 'whisper-1'],
  ]);
});

test('that hears nothing says nothing', async () => {
  answer = { status: 200, body: '{"text":""}' };
  expect(await listen()).toEqual({ text: '' });
});

test.each([
  [500, 'out of memory', 'answered 500: out of memory.'],
  [200, 'How do I descale it?', 'answered with something else than a transcript.'],
  [200, '{"transcript":"How"}', 'answered with something else than a transcript.'],
])('that answers %i with %s fails the recording', async (status, body, complaint) => {
  answer = { status, body };
  await expect(listen()).rejects.toMatchObject({
    name: 'SpeechFailure',
    message: `The speech server of MANUEL_SPEECH_URL, ${url}/v1/audio/transcriptions, ${complaint}`,
  });
});

test('that is not there fails the recording', async () => {
  server.close();
  await expect(listen()).rejects.toThrow(/^The speech server of MANUEL_SPEECH_URL, .* cannot be reached: .*ECONNREFUSED/);
});

test('is not waited for when the runtime ends', async () => {
  const stop = new AbortController();
  const heard = new SpeechServer({ url }).transcribe(recording(), stop.signal);
  stop.abort();
  await expect(heard).rejects.toThrow('cannot be reached');
});
