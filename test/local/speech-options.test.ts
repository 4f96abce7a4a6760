import { readSpeechOptions } from '../../local/cli/speech-options.ts';

test('what listens to recordings is read from the environment', () => {
  expect(readSpeechOptions({ PATH: '/usr/bin' })).toEqual({ searchPath: '/usr/bin' });
  expect(readSpeechOptions({})).toEqual({ searchPath: '' });
  expect(readSpeechOptions({ MANUEL_SPEECH_URL: 'http://127.0.0.1:8080', MANUEL_SPEECH_MODEL: 'small', PATH: '/bin' })).toEqual({
    url: 'http://127.0.0.1:8080',
    model: 'small',
    searchPath: '/bin',
  });
});

test.each(['127.0.0.1:8080', 'file:///model', 'a server'])('"%s" is refused as the address of a server', (url) => {
  expect(() => readSpeechOptions({ MANUEL_SPEECH_URL: url })).toThrow(/^MANUEL_SPEECH_URL is no address of a server: ".*"\./);
});
