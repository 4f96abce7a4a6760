import { apiEnvironment, type FunctionContract, text } from '../shared/function.contract.ts';

/** What is served without a token: what this is, and that it is alive. */
export const statusContract = {
  name: 'status',
  entry: 'status/status',
  environment: { ...apiEnvironment, VERSION: text() },
  routes: {
    describe: { method: 'GET', path: '/', access: 'public' },
    health: { method: 'GET', path: '/health', access: 'public' },
  },
} as const satisfies FunctionContract;
