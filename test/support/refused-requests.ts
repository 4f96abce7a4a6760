import type { ProblemCode } from '../../lambdas/shared/problems.contract.ts';

const A_FILE = '"filename": "a.txt", "content_type": "text/plain", "size": 1';

/** What of a body is refused with a 400, whoever sends it: the code, and the member that is named where one is. */
export const REFUSED_REQUESTS: readonly [path: string, body: string, code: ProblemCode, pointer: string | undefined][] = [
  ['/api/query', 'not json', 'malformed_body', undefined],
  ['/api/query', '[]', 'malformed_body', undefined],
  ['/api/query', '{}', 'malformed_body', undefined],
  ['/api/query', '{"question": 7}', 'malformed_body', undefined],
  ['/api/query', '{"question": "  "}', 'invalid_request', '/question'],
  ['/api/query', `{"question": "${'x'.repeat(1001)}"}`, 'invalid_request', '/question'],
  ['/api/query', `{"question": "${'🔧'.repeat(1001)}"}`, 'invalid_request', '/question'],
  ['/api/query', '{"question": "How?", "model_id": "no-such-model"}', 'invalid_request', '/model_id'],
  ['/api/query', '{"question": "How?", "model_id": ""}', 'invalid_request', '/model_id'],
  ['/api/query', '{"question": "How?", "model_id": 7}', 'malformed_body', undefined],
  ['/api/query', '{"question": "How?", "max_results": 21}', 'invalid_request', '/max_results'],
  ['/api/query', '{"question": "How?", "manual_ids": []}', 'invalid_request', '/manual_ids'],
  ['/api/query', '{"question": "How?", "manual_ids": [7]}', 'invalid_request', '/manual_ids/0'],
  ['/api/query', '{"question": "How?", "user_id": "somebody-else"}', 'invalid_request', '/user_id'],
  ['/api/manuals/upload', '{"filename": "a.pdf", "content_type": "application/pdf", "size": 0}', 'invalid_request', '/size'],
  ['/api/manuals/upload', '[]', 'malformed_body', undefined],
  ['/api/manuals/upload', '{"source_url": 7}', 'malformed_body', undefined],
  ['/api/manuals/upload', '{"filename": "a.pdf", "content_type": "application/pdf"}', 'invalid_request', '/size'],
  ['/api/manuals/upload', '{"source_url": "https://example.com/a.pdf", "user_id": "me"}', 'invalid_request', '/user_id'],
  ['/api/manuals/upload', `{"source_url": "https://example.com/", ${A_FILE}}`, 'invalid_request', '/source_url'],
  ['/api/manuals/upload', '{"source_url": ""}', 'invalid_request', '/source_url'],
  ['/api/manuals/upload', '{"source_url": "http://example.com/a.pdf"}', 'invalid_request', '/source_url'],
  ['/api/manuals/upload', '{"source_url": "https://10.0.0.5/a.pdf"}', 'invalid_request', '/source_url'],
  ['/api/manuals/upload', '{"filename": "a\\u202e.pdf", "content_type": "application/pdf", "size": 1}', 'invalid_request', '/filename'],
];
