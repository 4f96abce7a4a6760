import { synthOf } from '../support/open-stage.ts';
import { HANDS, POLICIES } from './guarded-action-cases.ts';

test.each([...HANDS, ...POLICIES])('refused by itself: %s', (_, change, sentence) => expect(synthOf(change)).toContain(sentence));
