import type { Edit } from './changed-sources.ts';

/** Limits that a test meets in a few requests. */
export const STRICT = { dailyQuota: 12, userPerMinute: 5, ipPerMinute: 7, manuals: 1, maxBodyMiB: 1 } as const;
/** The header by which a test says where it calls from. */
export const PEER = 'x-test-peer';
/** Where a stage lets in whoever calls from: this machine, and addresses that are for documentation (RFC 5737, RFC 3849). */
const ALLOWLIST = ['127.0.0.0/8', '198.51.100.0/24', '2001:db8::/32'];

const STAGES = 'lib/stages.ts';

/** Sources of a stage with such limits, whose gateway sees its peers where a test says that they are, and whose answers are due sooner. */
export const STRICT_STAGE: readonly Edit[] = [
  { file: STAGES, find: 'quota: { daily: 50, ', replace: `quota: { daily: ${STRICT.dailyQuota}, ` },
  { file: STAGES, find: 'library: { manuals: 50, ', replace: `library: { manuals: ${STRICT.manuals}, ` },
  { file: STAGES, find: 'ipAllowlist: [],', replace: `ipAllowlist: ${JSON.stringify(ALLOWLIST)},` },
  { file: STAGES, find: 'maxBodyMiB: 5,', replace: `maxBodyMiB: ${STRICT.maxBodyMiB},` },
  {
    file: STAGES,
    find: 'rateLimits: { userPerMinute: 100, ipPerMinute: 1000 },',
    replace: `rateLimits: { userPerMinute: ${STRICT.userPerMinute}, ipPerMinute: ${STRICT.ipPerMinute} },`,
  },
  // The gateway's ceiling for all together follows from these limits, and is not what is met here.
  { file: 'lib/api/throttling.ts', find: 'BUSY_ADDRESSES = 10;', replace: 'BUSY_ADDRESSES = 10_000;' },
  {
    file: 'local/api-gateway/http-server.ts',
    find: 'sourceIp: message.socket.remoteAddress',
    replace: `sourceIp: message.headers['${PEER}']?.toString() ?? message.socket.remoteAddress`,
  },
  {
    file: 'lambdas/shared/api-request.ts',
    find: 'ONE_PIECE: TimeLimit = { deadlineMs: 25_000, answerMs: 26_500 };',
    replace: 'ONE_PIECE: TimeLimit = { deadlineMs: 8_000, answerMs: 9_000 };',
  },
];
