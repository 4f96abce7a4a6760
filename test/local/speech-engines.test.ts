import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findSpeechEngine, NoSuchEngine } from '../../local/transcribe/engines/find-engine.ts';
import { listeningTimeoutMs } from '../../local/transcribe/engines/limits.ts';
import { NO_ENGINE, type SpeechEngine } from '../../local/transcribe/speech.ts';
import { emptyFolder, modelIn, recording, sherpaPackageIn, standIn, WHISPER } from './speech-support.ts';
import { silence } from './transcribe-support.ts';

const SAYS_HELLO = `console.log('hello'); console.log('hello 0.100 0.500 0.900000');`;

let folder: string;
let engine: SpeechEngine | undefined;

beforeEach(() => {
  folder = emptyFolder();
  engine = undefined;
});
afterEach(async () => {
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

const listen = (changes = {}, signal = new AbortController().signal) => {
  engine ??= findSpeechEngine({ searchPath: folder });
  return engine.transcribe(recording(changes), signal);
};

describe('the engine that is used', () => {
  test('is none where there is none', async () => {
    expect(findSpeechEngine({ searchPath: folder })).toBe(NO_ENGINE);
    await expect(listen()).rejects.toThrow('This machine has no speech recognition.');
  });

  test('is the server, if one is named, before the model and before a program', () => {
    standIn(folder, 'pocketsphinx', '');
    const options = {
      url: 'http://127.0.0.1:1',
      model: modelIn(folder, ...WHISPER),
      searchPath: folder,
      sherpaPackage: sherpaPackageIn(folder),
    };
    engine = findSpeechEngine(options);
    expect(engine.description).toBe(`the server of MANUEL_SPEECH_URL, model ${options.model} (http://127.0.0.1:1/v1/audio/transcriptions)`);
  });

  test('is the model, if one is named, before a program', () => {
    standIn(folder, 'pocketsphinx', '');
    engine = findSpeechEngine({ model: modelIn(folder, ...WHISPER), searchPath: folder, sherpaPackage: sherpaPackageIn(folder) });
    expect(engine.description).toBe(`sherpa-onnx, whisper (${path.join(folder, 'model')})`);
  });

  test('is pocketsphinx in the newer version that is found', () => {
    standIn(path.join(folder, 'old'), 'pocketsphinx_continuous', '');
    standIn(path.join(folder, 'new'), 'pocketsphinx', '');
    const [old, newer] = ['old', 'new'].map((name) => path.join(folder, name));
    engine = findSpeechEngine({ searchPath: `${old}:${newer}` });
    expect(engine.description).toBe(`pocketsphinx, English only (${newer}/pocketsphinx)`);
  });

  test('is not a file that cannot be run, nor one whose place depends on the working directory', () => {
    writeFileSync(path.join(folder, 'pocketsphinx'), '', { mode: 0o644 });
    expect(findSpeechEngine({ searchPath: folder })).toBe(NO_ENGINE);
    standIn(folder, 'pocketsphinx', '');
    expect(findSpeechEngine({ searchPath: path.relative(process.cwd(), folder) })).toBe(NO_ENGINE);
  });

  test.each([
    ['a folder that there is not', () => path.join(folder, 'nowhere')],
    ['a folder without a model', () => modelIn(folder, 'readme.txt')],
    ['a model without its tokens', () => modelIn(folder, 'tiny-encoder.onnx', 'tiny-decoder.onnx')],
    ['half a model', () => modelIn(folder, 'tiny-encoder.onnx', 'tiny-tokens.txt')],
  ])('cannot be %s', (_what, place) => {
    const options = { model: place(), searchPath: folder, sherpaPackage: sherpaPackageIn(folder) };
    expect(() => findSpeechEngine(options)).toThrow(NoSuchEngine);
    expect(() => findSpeechEngine(options)).toThrow(/^MANUEL_SPEECH_MODEL is not the folder of a .* model/);
  });

  test('is installed by a sentence, where a model is named and its package is not there', () => {
    expect(() => findSpeechEngine({ model: modelIn(folder, ...WHISPER), searchPath: folder })).toThrow(
      'npm install --no-save sherpa-onnx-node@1.13.8',
    );
  });
});

describe('pocketsphinx', () => {
  test('of the older version is read with its words, their times, and how sure it is of them', async () => {
    const lines = ['<s> 0.000 0.130 0.999900', 'how 0.140 0.330 1.000300', '<sil> 0.340 0.400 0.9', '[NOISE] 0.400 0.410 0.9'];
    lines.push('for(2) 1.760 1.900 0.546692', '</s> 3.520 3.610 1.000000');
    standIn(folder, 'pocketsphinx_continuous', `console.log(${JSON.stringify(['how for', ...lines].join('\n'))})`);
    expect(await listen()).toEqual({
      text: 'how for',
      words: [
        { content: 'how', startSeconds: 0.14, endSeconds: 0.33, confidence: 1 },
        { content: 'for', startSeconds: 1.76, endSeconds: 1.9, confidence: 0.546692 },
      ],
    });
  });

  test('of the newer version is read likewise', async () => {
    const words = ['<s>', 'go', 'home(2)', '</s>'].map((t, index) => ({ t, b: index, d: 0.5, p: 0.75 }));
    standIn(folder, 'pocketsphinx', `console.log(JSON.stringify({ b: 0, d: 4, p: 0.5, t: 'go home', w: ${JSON.stringify(words)} }))`);
    expect(await listen()).toEqual({
      text: 'go home',
      words: [
        { content: 'go', startSeconds: 1, endSeconds: 1.5, confidence: 0.75 },
        { content: 'home', startSeconds: 2, endSeconds: 2.5, confidence: 0.75 },
      ],
    });
  });

  test('that hears nothing says nothing', async () => {
    standIn(folder, 'pocketsphinx_continuous', '');
    expect(await listen()).toEqual({ text: '', words: [] });
  });

  test.each(['pocketsphinx', 'pocketsphinx_continuous'])(
    'as %s is given what it takes, whatever the rate and the channels',
    async (name) => {
      const given = path.join(folder, 'given.json');
      standIn(
        folder,
        name,
        `const [file] = process.argv.slice(2).filter((one) => one.endsWith('.wav'));
       require('fs').writeFileSync(${JSON.stringify(given)}, JSON.stringify({
         parameters: process.argv.slice(2).map((one) => one === file ? 'FILE' : one),
         header: require('fs').readFileSync(file).subarray(0, 44).toString('base64'),
         variables: Object.keys(process.env),
       }));`,
      );
      await listen({ bytes: silence({ seconds: 1, sampleRateHz: 44_100, channels: 2 }) });
      const { parameters, header, variables } = JSON.parse(readFileSync(given, 'utf8'));
      const older = ['-infile', 'FILE', '-time', 'yes', '-logfn', '/dev/null'];
      expect(parameters).toEqual(name === 'pocketsphinx' ? ['single', 'FILE'] : older);
      expect(Buffer.from(header, 'base64')).toEqual(silence({ seconds: 1 }).subarray(0, 44));
      expect(variables).not.toContain('HOME');
    },
  );

  test('is not asked about another language', async () => {
    standIn(folder, 'pocketsphinx', 'process.exit(1)');
    await expect(listen({ language: 'de-DE' })).rejects.toThrow(/^pocketsphinx knows English only, and the recording is in de-DE\./);
  });

  test('that fails says why', async () => {
    standIn(folder, 'pocketsphinx', `console.error('no model'); process.exit(3)`);
    await expect(listen()).rejects.toThrow('pocketsphinx failed (3): no model');
  });

  test('gets as much memory as it needs, where the system can hold it to that', async () => {
    const program = standIn(folder, 'pocketsphinx', '');
    writeFileSync(program, '#!/bin/sh\nulimit -v >&2\nexit 1\n');
    await expect(listen()).rejects.toThrow(`pocketsphinx failed (1): ${process.platform === 'darwin' ? 'unlimited' : 2048 * 1024}`);
  });

  test('that writes without end is ended', async () => {
    standIn(folder, 'pocketsphinx', `for (;;) require('fs').writeSync(1, 'x'.repeat(65536));`);
    await expect(listen()).rejects.toThrow('pocketsphinx wrote more than');
  });

  test('is stopped with the runtime, and leaves nothing behind', async () => {
    const pidFile = path.join(folder, 'pid');
    const started = `const fs = require('fs');
      fs.writeFileSync(${JSON.stringify(folder)} + '/../' + process.pid, String(process.pid) + ' ' + process.argv[3]);
      fs.renameSync(${JSON.stringify(folder)} + '/../' + process.pid, ${JSON.stringify(pidFile)});
      setInterval(() => {}, 1000);`;
    standIn(folder, 'pocketsphinx', started);
    const stop = new AbortController();
    const outcome = expect(listen({}, stop.signal)).rejects.toThrow('pocketsphinx was stopped.');
    const watcher = watch(folder);
    await Promise.race([outcome, once(watcher, 'change')]);
    watcher.close();
    const [pid, wav = ''] = readFileSync(pidFile, 'utf8').split(' ');
    stop.abort();
    await outcome;
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
    await engine?.close();
    expect(existsSync(path.dirname(path.dirname(wav)))).toBe(false);
  });

  test('listens to one recording at a time', async () => {
    const count = path.join(folder, 'running');
    standIn(
      folder,
      'pocketsphinx_continuous',
      `const { mkdirSync, rmdirSync } = require('fs');
       mkdirSync(${JSON.stringify(count)});
       setTimeout(() => { rmdirSync(${JSON.stringify(count)}); ${SAYS_HELLO} }, 50);`,
    );
    const heard = await Promise.all([listen(), listen(), listen()]);
    expect(heard.map(({ text }) => text)).toEqual(['hello', 'hello', 'hello']);
  });

  test('goes on after a recording that failed', async () => {
    standIn(folder, 'pocketsphinx_continuous', SAYS_HELLO);
    const [failed, heard] = await Promise.allSettled([listen({ format: 'mp3' }), listen()]);
    expect(failed).toMatchObject({ status: 'rejected' });
    expect(heard).toMatchObject({ value: { text: 'hello' } });
  });
});

describe('a recording that is not of linear samples', () => {
  beforeEach(() => {
    standIn(folder, 'pocketsphinx_continuous', SAYS_HELLO);
  });

  test('needs ffmpeg, and says so', async () => {
    await expect(listen({ format: 'mp3' })).rejects.toThrow(/^To listen to a recording in mp3 this machine needs ffmpeg on the PATH/);
    const compressed = silence();
    compressed.writeUInt16LE(7, 20);
    await expect(listen({ bytes: compressed })).rejects.toThrow(/^To listen to a WAV recording of compressed samples/);
  });

  test('is given to ffmpeg as what it is, and nothing else', async () => {
    const given = path.join(folder, 'given.json');
    standIn(folder, 'ffmpeg', `require('fs').writeFileSync(${JSON.stringify(given)}, JSON.stringify(process.argv.slice(2)));`);
    expect(await listen({ format: 'webm', bytes: Buffer.from('web') })).toMatchObject({ text: 'hello' });
    const parameters: string[] = JSON.parse(readFileSync(given, 'utf8'));
    expect(parameters.join(' ')).toMatch(
      /^-nostdin -v error -protocol_whitelist file -f matroska -i file:\S+\/original -t 14400 -vn -ac 1 -ar 16000 -c:a pcm_s16le -f wav \S+\/decoded\.wav$/,
    );
  });

  test('that ffmpeg cannot read fails with what ffmpeg says', async () => {
    standIn(folder, 'ffmpeg', `console.error('Invalid data found'); process.exit(1)`);
    await expect(listen({ format: 'ogg' })).rejects.toThrow('ffmpeg failed (1): Invalid data found');
  });
});

test('a recording may take its time to be heard, the longer the longer', () => {
  expect([listeningTimeoutMs(0), listeningTimeoutMs(10), listeningTimeoutMs(undefined)]).toEqual([60_000, 100_000, 3_660_000]);
});
