import { parseArgs } from 'node:util';
import { stageConfig } from '../../lib/stages.ts';
import { resourcesOf } from '../support/stack-resources.ts';
import { appOf } from '../support/templates.ts';
import { idleUses } from './idle-cost.ts';
import { costOf, type MeteredCost, PRICES, totalOf } from './prices.ts';
import { queryUses } from './query-cost.ts';

/** `npm run cost -- [--stage prod]`: what a stage costs in a month in which nobody uses it, and what 1,000 questions cost besides. */
const { values } = parseArgs({ options: { stage: { type: 'string', default: 'dev' } } });
const resources = resourcesOf(appOf(stageConfig(values.stage)).app);

print(`${values.stage}, idle for a month, the only stage of its account`, costOf(idleUses(resources), { free: true }));
print(`${values.stage}, 1,000 questions, without the model and with nothing free`, costOf(queryUses(resources), { free: false }));

function print(title: string, costs: readonly MeteredCost[]): void {
  const lines = costs.map(({ meter, quantity, dollars, what }) =>
    line(dollars, `${round(quantity)} ${PRICES[meter].unit}: ${what.join(', ')}`),
  );
  process.stdout.write(`${[title, ...lines, line(totalOf(costs), 'together')].join('\n')}\n\n`);
}

function line(dollars: number, text: string): string {
  return `  $${dollars.toFixed(4).padStart(8)}  ${text}`;
}

function round(quantity: number): string {
  return quantity.toLocaleString('en-GB', { maximumSignificantDigits: quantity < 1 ? 2 : 21, maximumFractionDigits: 1 });
}
