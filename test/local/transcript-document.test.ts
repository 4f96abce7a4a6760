import { transcriptDocument } from '../../local/transcribe/transcript-document.ts';

test('words without times are spread over the recording, and punctuation is put between them', () => {
  const word = (id: number, content: string, start_time: string, end_time: string) => ({
    id,
    type: 'pronunciation',
    alternatives: [{ confidence: '1.0', content }],
    start_time,
    end_time,
  });
  const mark = (id: number, content: string) => ({ id, type: 'punctuation', alternatives: [{ confidence: '0.0', content }] });
  expect(transcriptDocument('job', { text: 'It beeps, why? E4.' }, 3)).toEqual({
    jobName: 'job',
    accountId: '000000000000',
    status: 'COMPLETED',
    results: {
      transcripts: [{ transcript: 'It beeps, why? E4.' }],
      items: [
        word(0, 'It', '0.0', '0.75'),
        word(1, 'beeps', '0.75', '1.5'),
        mark(2, ','),
        word(3, 'why', '1.5', '2.25'),
        mark(4, '?'),
        word(5, 'E4', '2.25', '3.0'),
        mark(6, '.'),
      ],
      audio_segments: [{ id: 0, transcript: 'It beeps, why? E4.', start_time: '0.0', end_time: '3.0', items: [0, 1, 2, 3, 4, 5, 6] }],
    },
  });
});

test('words with times keep them, and how sure the engine was', () => {
  const words = [{ content: 'how', startSeconds: 0.14, endSeconds: 0.3333, confidence: 0.602325 }];
  expect(transcriptDocument('job', { text: 'how', words }, 3)).toMatchObject({
    results: {
      items: [
        { id: 0, type: 'pronunciation', alternatives: [{ confidence: '0.602', content: 'how' }], start_time: '0.14', end_time: '0.333' },
      ],
    },
  });
});

test('where nobody spoke there is an empty transcript', () => {
  expect(transcriptDocument('job', { text: '' }, 3)).toMatchObject({
    results: { transcripts: [{ transcript: '' }], items: [], audio_segments: [] },
  });
});

test('where the length is not known every word takes as long', () => {
  expect(transcriptDocument('job', { text: 'one two' }, undefined)).toMatchObject({
    results: { items: [{ end_time: '0.4' }, { start_time: '0.4', end_time: '0.8' }] },
  });
});
