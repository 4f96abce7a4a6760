import { expectBalance, expectExactQuota, type Ledgers, openLedgers } from './ledger-support.ts';

let ledgers: Ledgers;

beforeAll(async () => {
  ledgers = await openLedgers();
});
afterEach(() => ledgers.faults.clear());
afterAll(() => ledgers.close());

test('1,000 parallel reservations of the last 10 units of 50, settled at once, with every seventh answer lost, leave exactly 50', () =>
  expectExactQuota(ledgers, 1000));

test('whatever is reserved, settled and refunded, in parallel and with lost answers: what is counted is what was not refunded', () =>
  expectBalance(ledgers, 300));
