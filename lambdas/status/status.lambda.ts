import { apiHandler } from '../shared/api-handler.ts';
import { parseEnvironment } from '../shared/environment.ts';
import { statusContract } from './status.contract.ts';

const environment = parseEnvironment(statusContract);
const version = environment.VERSION;

export const handler = apiHandler(statusContract, environment, undefined, {
  describe: async () => ({
    body: { name: 'Manuel', version, links: { health: '/health', query: '/api/query', manuals: '/api/manuals', usage: '/api/user/usage' } },
  }),
  health: async () => ({ body: { status: 'ok', version } }),
});
