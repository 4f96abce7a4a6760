import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findSpeechEngine } from '../../local/transcribe/engines/find-engine.ts';
import type { SpeechEngine } from '../../local/transcribe/speech.ts';
import { emptyFolder, modelIn, recording, sherpaPackageIn, WHISPER } from './speech-support.ts';
import { silence } from './transcribe-support.ts';

let folder: string;
let engine: SpeechEngine;

beforeEach(() => {
  folder = emptyFolder();
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const listen = (changes = {}) => engine.transcribe(recording(changes), new AbortController().signal);

describe('a model', () => {
  const open = (...files: string[]) => {
    engine = findSpeechEngine({ model: modelIn(folder, ...files), searchPath: folder, sherpaPackage: sherpaPackageIn(folder) });
  };
  const file = (name: string) => path.join(folder, 'model', name);

  test('of Whisper hears every language, half a minute at a time', async () => {
    open(...WHISPER);
    const kind = {
      whisper: { encoder: file('tiny-encoder.int8.onnx'), decoder: file('tiny-decoder.onnx'), language: 'de', task: 'transcribe' },
    };
    expect(await listen({ language: 'de-DE', bytes: silence({ seconds: 30 }) })).toEqual({
      text: [`16000 Hz, ${29 * 16_000}`, `16000 Hz, ${16_000}`].map((heard) => `${heard} ${JSON.stringify(kind)}`).join(' '),
    });
  });

  test.each<[string, string[], object]>([
    ['English Whisper', ['t.en-encoder.onnx', 't.en-decoder.onnx', 't.en-tokens.txt'], { whisper: { encoder: 't.en-encoder.onnx' } }],
    [
      'a transducer',
      ['encoder-1.onnx', 'decoder-1.onnx', 'joiner-1.onnx', 'tokens.txt'],
      { transducer: { encoder: 'encoder-1.onnx', decoder: 'decoder-1.onnx', joiner: 'joiner-1.onnx' } },
    ],
    [
      'Moonshine',
      ['preprocess.onnx', 'encode.int8.onnx', 'uncached_decode.int8.onnx', 'cached_decode.int8.onnx', 'tokens.txt'],
      {
        moonshine: {
          preprocessor: 'preprocess.onnx',
          encoder: 'encode.int8.onnx',
          uncachedDecoder: 'uncached_decode.int8.onnx',
          cachedDecoder: 'cached_decode.int8.onnx',
        },
      },
    ],
  ])('of %s hears English, and no other language', async (_name, files, kind) => {
    open(...files);
    await expect(listen({ language: 'fr-FR' })).rejects.toThrow('The model of MANUEL_SPEECH_MODEL knows English only');
    const { text } = await listen();
    const place = path.join(folder, 'model', '/');
    expect(JSON.parse(text.replace('16000 Hz, 32000 ', '').replaceAll(place, ''))).toMatchObject(kind);
  });

  test('that cannot be loaded fails with what the package says', async () => {
    open(...WHISPER);
    writeFileSync(path.join(folder, 'sherpa.cjs'), `throw new Error('not a model')`);
    await expect(listen()).rejects.toThrow(/not a model/);
  });
});
