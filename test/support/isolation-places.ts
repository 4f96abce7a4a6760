import { randomUUID } from 'node:crypto';

/** Somebody, a manual and a transcription, as the caller may name them. */
interface Named {
  readonly userId: string;
  readonly manualId: string;
  readonly jobId: string;
}

/** A request to the API. */
export interface Call {
  readonly method: string;
  /** Path and query, as they go over the wire. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** An honest call of one's own, and the calls that name somebody else. */
interface Route {
  readonly own: (own: Named) => Omit<Call, 'method'>;
  readonly places: Readonly<Record<string, readonly [status: number, call: (other: Named) => Partial<Call> & { target: string }]>>;
}

/** What only her manual answers. */
export const QUESTION = 'What opens the cellar?';
export const A_FILE = { filename: 'mine.txt', content_type: 'text/plain', size: 10 };
export const base64url = (text: string) => Buffer.from(text).toString('base64url');
export const getManual = (id: string) => ({ target: `/api/manuals/${id}` });
export const listAfter = (cursor: string) => ({ target: `/api/manuals?cursor=${cursor}` });
const ask = (body: object) => ({ target: '/api/query', body: { question: QUESTION, ...body } });
export const askWithin = (...manual_ids: string[]) => ask({ manual_ids });
const upload = (body: object) => ({ target: '/api/manuals/upload', body: { ...A_FILE, ...body } });

const startImport = (body: object) => ({ target: '/api/manuals/upload', body: { source_url: 'https://example.com/', ...body } });

const getJob = (id: string) => ({ target: `/api/transcribe/${id}` });
const transcribe = (body: object) => ({
  target: '/api/transcribe',
  body: { upload: true, content_type: 'audio/wav', size: 10, ...body },
});

/** Paths to her manual, and past it. */
const PATHS: Route['places'] = {
  'the path': [404, ({ manualId }) => getManual(manualId)],
  'the path in other case': [404, ({ manualId }) => getManual(manualId.toUpperCase())],
  'the path, encoded': [404, ({ manualId }) => getManual(manualId.replace('-', '%2D'))],
  'the path, encoded twice': [404, ({ manualId }) => getManual(manualId.replace('-', '%252D'))],
  'the path with a slash': [404, ({ manualId }) => getManual(`${manualId}/`)],
  'the path with an encoded slash': [404, ({ manualId }) => getManual(`${manualId}%2f`)],
  'the path after an encoded step up': [404, ({ manualId }) => getManual(`..%2f${manualId}`)],
  'the path after a step up': [404, ({ manualId }) => getManual(`x/../${manualId}`)],
  'the path of her key': [404, ({ userId, manualId }) => getManual(`${userId}/${manualId}`)],
  'the path of her key, encoded': [404, ({ userId, manualId }) => getManual(`..%2f${userId}%2F${manualId}`)],
  'the path of a page': [404, ({ manualId }) => getManual(`${manualId}%231`)],
  'the path with a fragment': [404, ({ manualId }) => getManual(`${manualId}#1`)],
  'the path with a NUL': [404, ({ manualId }) => getManual(`${manualId}%00`)],
  'the path that is her': [404, ({ userId }) => getManual(userId)],
  'the path with her in the query': [404, ({ userId, manualId }) => getManual(`${manualId}?user_id=${userId}`)],
};

/**
 * Every route there is, and where a caller may name somebody else in it, who is `she`, or what is hers: with the status that
 * answers such a call, whether or not she and her manual exist.
 */
export const PLACES: Readonly<Record<string, Route>> = {
  'GET /': { own: () => ({ target: '/' }), places: {} },
  'GET /health': { own: () => ({ target: '/health' }), places: {} },
  'GET /api/user/usage': { own: () => ({ target: '/api/user/usage' }), places: {} },
  'GET /api/user/quota': { own: () => ({ target: '/api/user/quota' }), places: {} },
  'GET /api/manuals': {
    own: () => ({ target: '/api/manuals' }),
    places: {
      'the cursor of her list': [200, ({ manualId }) => listAfter(base64url(manualId))],
      'a cursor in other case': [200, ({ manualId }) => listAfter(base64url(manualId.toUpperCase()))],
      'a cursor of one manual': [200, ({ manualId }) => ({ target: `${listAfter(base64url(manualId)).target}&limit=1` })],
      'a cursor that is the id itself': [400, ({ manualId }) => listAfter(manualId)],
      'a cursor of her key': [400, ({ userId, manualId }) => listAfter(base64url(`${userId}/${manualId}`))],
      'a cursor that is a key of the table': [
        400,
        ({ userId, manualId }) => listAfter(base64url(JSON.stringify({ user_id: userId, manual_id: manualId }))),
      ],
      'a cursor that is her': [200, ({ userId }) => listAfter(base64url(userId))],
    },
  },
  'GET /api/manuals/{manual_id}': {
    own: ({ manualId }) => getManual(manualId),
    places: {
      ...PATHS,
      'the path, to write to it': [404, ({ manualId }) => ({ ...getManual(manualId), method: 'PUT', body: A_FILE })],
      'the path, to change it': [404, ({ manualId }) => ({ ...getManual(manualId), method: 'PATCH', body: A_FILE })],
    },
  },
  'POST /api/manuals/upload': {
    own: () => upload({}),
    places: {
      'the member manual_id': [400, ({ manualId }) => upload({ manual_id: manualId })],
      'the member manual_id of an import': [400, ({ manualId }) => startImport({ manual_id: manualId })],
      'the address of her file in the bucket': [
        400,
        ({ userId, manualId }) => startImport({ source_url: `s3://incoming/${userId}/${manualId}` }),
      ],
      'the address of her manual behind the API': [
        400,
        ({ manualId }) => startImport({ source_url: `https://localhost/api/manuals/${manualId}` }),
      ],
      'the member key': [400, ({ userId, manualId }) => upload({ key: `incoming/${userId}/${manualId}` })],
    },
  },
  'POST /api/transcribe': {
    own: () => transcribe({}),
    places: {
      'the member job_id': [400, ({ jobId }) => transcribe({ job_id: jobId })],
      'the member key': [400, ({ userId, jobId }) => transcribe({ key: `recordings/${userId}/${jobId}` })],
    },
  },
  'GET /api/transcribe/{job_id}': {
    own: ({ jobId }) => getJob(jobId),
    places: {
      'the path': [404, ({ jobId }) => getJob(jobId)],
      'the path in other case': [404, ({ jobId }) => getJob(jobId.toUpperCase())],
      'the path, encoded': [404, ({ jobId }) => getJob(jobId.replace('-', '%2D'))],
      'the path with an encoded slash': [404, ({ jobId }) => getJob(`${jobId}%2f`)],
      'the path of her key': [404, ({ userId, jobId }) => getJob(`${userId}/${jobId}`)],
      'the path of her key, encoded': [404, ({ userId, jobId }) => getJob(`..%2f${userId}%2F${jobId}`)],
      'the name that Transcribe knows it by': [404, ({ userId, jobId }) => getJob(`manuel-dev-${userId}_${jobId}`)],
      'the path that is her': [404, ({ userId }) => getJob(userId)],
      'the path with her in the query': [404, ({ userId, jobId }) => getJob(`${jobId}?user_id=${userId}`)],
    },
  },
  'POST /api/query': {
    own: () => ask({}),
    places: {
      manual_ids: [200, ({ manualId }) => askWithin(manualId)],
      'manual_ids in other case': [200, ({ manualId }) => askWithin(manualId.toUpperCase())],
      'manual_ids among others': [200, ({ manualId }) => askWithin(randomUUID(), manualId, manualId)],
      'manual_ids by page': [200, ({ manualId }) => askWithin(`${manualId}#1`, `${manualId}%231`, `../${manualId}`, ` ${manualId} `)],
      'manual_ids that are her': [200, ({ userId }) => askWithin(userId, `user_id=${userId}`)],
      'manual_ids that are a filter': [400, ({ userId }) => ask({ manual_ids: [{ equals: { key: 'user_id', value: userId } }] })],
      'manual_ids that are no list': [400, ({ manualId }) => ask({ manual_ids: manualId })],
      'the member manual_id': [400, ({ manualId }) => ask({ manual_id: manualId })],
      'the member filter': [400, ({ userId }) => ask({ filter: { equals: { key: 'user_id', value: userId } } })],
      'the question': [200, ({ userId, manualId }) => ask({ question: `${QUESTION} user_id ${userId} manual_id ${manualId}` })],
    },
  },
  // The last: one's own is then being deleted.
  'DELETE /api/manuals/{manual_id}': { own: ({ manualId }) => getManual(manualId), places: PATHS },
};
