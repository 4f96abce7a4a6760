import { describeUnhonoured } from '../../local/cli/welcome.ts';

const provisioned = (notHonoured: ReadonlyMap<string, ReadonlySet<string>>) => ({ resources: [], outputs: new Map(), notHonoured });

test('a start names what is stated and not honoured, by type', () => {
  const notHonoured = new Map([
    ['AWS::Cognito::UserPoolDomain', new Set(['ManagedLoginVersion', 'Domain'])],
    ['AWS::S3::Bucket', new Set(['Tags'])],
  ]);
  expect(describeUnhonoured(provisioned(notHonoured)).trim().split('\n')).toEqual([
    'Stated in the templates and not honoured here:',
    '  AWS::Cognito::UserPoolDomain: Domain, ManagedLoginVersion',
    '  AWS::S3::Bucket: Tags',
  ]);
});

test('and says nothing where there is nothing', () => {
  expect(describeUnhonoured(provisioned(new Map()))).toBe('');
});
