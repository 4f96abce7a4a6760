import { NO_ANSWER } from '../../lambdas/query/prompt.contract.ts';
import { answerExtractively } from '../../local/bedrock/extractive-answerer.ts';

const answer = (question: string, ...texts: string[]) =>
  answerExtractively({ question, passages: texts.map((text, index) => ({ number: index + 1, text })) });

describe('a sentence is quoted with what it needs to be understood', () => {
  test('the one that announces its list', () => {
    const text = 'Cables\nA straight cable fits these models:\n• KM-20U\n• KM-30U\n\nCare\nDust the case.';
    expect(answer('Which cable does the KM-30U need?', text)).toBe('A straight cable fits these models: [[1]] • KM-30U [[1]]');
  });

  test('not one that merely stands before a list', () => {
    const text = 'Cables\nA straight cable is supplied.\n• The KM-30U needs a crossed cable.';
    expect(answer('Which cable does the KM-30U need?', text)).toBe('• The KM-30U needs a crossed cable. [[1]]');
  });

  test('the one that it refers back to', () => {
    const text = 'Log\nSend the logger a signal. This makes it write down short power cuts.';
    expect(answer('How do short power cuts get written?', text)).toBe(
      'Send the logger a signal. [[1]] This makes it write down short power cuts. [[1]]',
    );
  });

  test('not the one before its paragraph', () => {
    const text = 'Log\nSend the logger a signal.\n\nThis model writes down short power cuts.';
    expect(answer('Does this model write down short power cuts?', text)).toBe('This model writes down short power cuts. [[1]]');
  });

  test('and with the rest of its paragraph', () => {
    const text = 'Filter\nRinse the foam filter every week. Warm water is enough. Never wring.\n\nThe hose needs no care.';
    expect(answer('How often do I rinse the foam filter?', text)).toBe(
      'Rinse the foam filter every week. [[1]] Warm water is enough. [[1]] Never wring. [[1]]',
    );
  });
});

describe('of two sentences that say as much of the question, the one comes first that has the form of an answer', () => {
  test.each([
    ['a figure', 'What capacity does the water tank have?', 'The water tank has a capacity.', 'The water tank has a capacity of 2 litres.'],
    ['a reason', 'Why does the pump hum?', 'The pump may hum.', 'The pump may hum because of air.'],
    [
      'an explanation',
      'What does it mean that the charger is resting?',
      'The charger is resting at times.',
      'Resting: the charger has done its work.',
    ],
  ])('%s', (_form, question, other, expected) => {
    expect(answer(question, other, expected).startsWith(`${expected} [[2]]`)).toBe(true);
  });
});

test('the passage that was found first is believed a little more', () => {
  const [inContext, itself] = [
    'Display\nThe red lamp blinks when the filter of the water tank is full.',
    'Lamps\nThe red lamp of the display blinks when the filter of the water tank is full.',
  ];
  const others = 'The display is small. The display is grey. The display is dim.';
  const question = 'When does the red lamp of the display blink because the filter of the water tank is full?';
  expect(answer(question, inContext, itself, others)).toMatch(/^The red lamp blinks when /);
  expect(answer(question, itself, inContext, others)).toMatch(/^The red lamp of the display /);
});

test('a long question tells more than it asks', () => {
  const question = 'My boiler had a service in the morning and works well, but at night its pump hums. Is it full of water?';
  expect(answer(question, 'The pump of the boiler hums at night.')).not.toBe(NO_ANSWER);
});

describe('there is no answer', () => {
  test('when one word in common is all, however rare', () => {
    expect(answer('Is the gasket transparent?', 'Replace the gasket.')).toBe(NO_ANSWER);
  });

  test('when the word that says most is nowhere, though many others are', () => {
    const text = 'The fan of the graphics card is quiet and cools the card with its two heat pipes.';
    expect(answer('How much thermal paste do the heat pipes of the fan of my graphics card need?', text)).toBe(NO_ANSWER);
    expect(answer('How quiet is the fan of my graphics card, with its heat pipes?', text)).not.toBe(NO_ANSWER);
  });
});
