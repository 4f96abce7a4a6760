import { readFileSync } from 'node:fs';
import type { CitationDocument } from '../../lambdas/query/query.contract.ts';
import { loadRecordings } from '../fixtures/recordings.ts';
import { check, note } from './check.ts';
import { OwnManuals } from './own-manuals.ts';
import { person } from './people.ts';

/** A manual's whole life, as its owner sees it. */
const QUESTION = 'What is the service code of the Quillon kettle?';
/** What nothing but the manual tells: neither model nor another manual of the user's. */
const CODE = `QK-${Math.random().toString(36).slice(2, 8).toUpperCase()}`;
const PAGES = [
  'The Quillon kettle holds 1.7 litres. Fill it up to the mark and no further.',
  `The service code of the Quillon kettle is ${CODE}. Name it whenever you call for help.`,
  'Descale the Quillon kettle once a month with vinegar.',
];
const ANSWERING_PAGE = 2;
/** Longer than a manual, or a transcription, may take on a busy stage. */
const PATIENT_MS = 660_000;

const manuals = new OwnManuals();
afterAll(() => manuals.clear(), PATIENT_MS);

let uploaded: Promise<string> | undefined;

/** The manual, once it is ready; what follows its failure says the same. */
function ready(): Promise<string> {
  uploaded ??= person().then((owner) => manuals.upload(owner, PAGES, 'quillon-kettle.pdf'));
  return uploaded;
}

check(
  'a manual that is uploaded becomes ready',
  ['user'],
  async () => {
    const startedAt = performance.now();
    const manualId = await ready();
    const { client } = await person();
    await expect(client.manual(manualId)).resolves.toMatchObject({
      status: 'ready',
      pages: PAGES.length + 1,
      filename: 'quillon-kettle.pdf',
    });
    await expect(client.manuals()).resolves.toMatchObject({
      manuals: expect.arrayContaining([expect.objectContaining({ manual_id: manualId })]),
    });
    note(`${((performance.now() - startedAt) / 1000).toFixed(1)} s from upload to ready`);
  },
  PATIENT_MS,
);

function expectCited(manualId: string, answer: string, citations: readonly CitationDocument[]): void {
  expect(answer).toContain(CODE);
  const cited = { manual_id: manualId, filename: 'quillon-kettle.pdf', page: ANSWERING_PAGE, excerpt: expect.stringContaining(CODE) };
  expect(citations).toEqual(expect.arrayContaining([expect.objectContaining(cited)]));
}

check('a question is answered from it, and its page is cited', ['user', 'questions'], async () => {
  const manualId = await ready();
  const { client } = await person();
  const { answer, citations, context_used, model_id } = await client.ask(QUESTION, { manual_ids: [manualId] });
  expectCited(manualId, answer, citations);
  expect(context_used).toBe(citations.length);
  note(model_id);
});

check('the same comes in events, as it arises', ['user', 'questions'], async () => {
  const manualId = await ready();
  const { client } = await person();
  let answer = '';
  const citations: CitationDocument[] = [];
  const kinds: string[] = [];
  for await (const { event, data } of client.askInEvents(QUESTION, { manual_ids: [manualId] })) {
    kinds.push(event);
    if (event === 'token') answer += data.text;
    if (event === 'citation') citations.push(data);
  }
  expectCited(manualId, answer, citations);
  expect([kinds.includes('token'), kinds.indexOf('done')]).toEqual([true, kinds.length - 1]);
  note(`${kinds.length} events`);
});

check(
  'a recording becomes text, and is charged by its length',
  ['user', 'speech', 'questions'],
  async () => {
    const [recording] = loadRecordings();
    if (!recording) throw new Error('there is no recording');
    const { client } = await person();
    const before = await client.usage();
    const answer = await client.transcribe(readFileSync(recording.path), recording.contentType);
    const { transcription } =
      'transcription' in answer ? answer : await client.untilTranscribed(answer.job_id, { timeoutMs: PATIENT_MS, pollIntervalMs: 2000 });
    // Engines mishear, and none mishears all of it.
    const heard = new Set(transcription.toLowerCase().split(/\W+/));
    expect(recording.said.split(' ').filter((word) => heard.has(word))).not.toEqual([]);
    expect((await client.usage()).daily_used).toBe(before.daily_used + 1);
    note(`heard: ${transcription}`);
  },
  PATIENT_MS,
);

check('a manual that is deleted answers nothing any more, at once, and goes', ['user', 'questions'], async () => {
  const manualId = await ready();
  const { client } = await person();
  await expect(client.delete(manualId)).resolves.toMatchObject({ status: 'deleting' });
  const { answer, citations, context_used } = await client.ask(QUESTION, { manual_ids: [manualId] });
  expect([answer.includes(CODE), citations, context_used]).toEqual([false, [], 0]);
});
