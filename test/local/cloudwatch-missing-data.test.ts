import { judge, type MissingData } from '../../local/cloudwatch/alarms/missing-data.ts';

const MODES: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

/** As AWS writes them: X is past the threshold, 0 is not, - is missing. */
const datapoints = (text: string) => text.split(' ').map((point) => (point === '-' ? undefined : point === 'X'));

/** After the tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, the oldest data point first. */
test.each([
  ['0 - X - X', 3, 3, ['OK', 'OK', 'OK', 'OK']],
  ['- - - - 0', 3, 3, ['OK', 'OK', 'OK', 'OK']],
  ['- - - - -', 3, 3, ['INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK']],
  ['0 X X - X', 3, 3, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  ['- - X - -', 3, 3, ['ALARM', 'retained', 'ALARM', 'OK']],
  ['0 - X - X', 3, 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  ['0 0 X 0 X', 3, 2, ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
  ['0 - X - -', 3, 2, ['OK', 'OK', 'ALARM', 'OK']],
  ['- - - - 0', 3, 2, ['OK', 'OK', 'ALARM', 'OK']],
  ['- - - X -', 3, 2, ['ALARM', 'retained', 'ALARM', 'OK']],
])('%s, of which %d count and %d make an alarm', (text, evaluationPeriods, datapointsToAlarm, expected) => {
  const states = MODES.map((missingData) => {
    const verdict = { evaluationPeriods, datapointsToAlarm, missingData };
    const [fromOk, fromAlarm] = [judge(datapoints(text), verdict, 'OK'), judge(datapoints(text), verdict, 'ALARM')];
    return fromOk === fromAlarm ? fromOk : 'retained';
  });
  expect(states).toEqual(expected);
});
