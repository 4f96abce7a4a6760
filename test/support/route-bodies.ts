/** A request that succeeds for each protected route; undefined where it has no body. */
export const BODIES_BY_ROUTE: Readonly<Record<string, object | undefined>> = {
  'GET /api/manuals': undefined,
  'GET /api/manuals/{manual_id}': undefined,
  'DELETE /api/manuals/{manual_id}': undefined,
  'POST /api/manuals/upload': { filename: 'kettle.txt', content_type: 'text/plain', size: 10 },
  'POST /api/query': { question: 'How do I descale the kettle?' },
  'POST /api/transcribe': { upload: true, content_type: 'audio/wav', size: 10 },
  'GET /api/transcribe/{job_id}': undefined,
  'GET /api/user/quota': undefined,
  'GET /api/user/usage': undefined,
};
