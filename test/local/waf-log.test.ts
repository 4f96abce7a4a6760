import { byteMatch, GROUP, openWaf, rateOf, rule, type TestWaf } from './waf-support.ts';

const COUNT = { Action: { Count: {} } };

let waf: TestWaf;
beforeEach(async () => {
  waf = await openWaf();
  waf.door.clock.freeze();
});
afterEach(async () => {
  await waf.close();
  expect(waf.door.internalErrors).toEqual([]);
});

describe('the log', () => {
  const requests = () => {
    const headers = [
      ['Host', 'api.example.com'],
      ['Authorization', 'Bearer secret-token'],
      ['COOKIE', 'session=secret-cookie'],
    ] as const;
    for (const path of ['/blocked', '/counted', '/allowed'])
      waf.admits(waf.stageArn, { path, headers, queryString: 'page=2', requestId: 'r-1' });
  };
  const rules = [rule('Counts', 0, byteMatch('/counted'), COUNT), rule('Blocks', 1, byteMatch('/blocked'))];
  const filter = (Requirement: string, DefaultBehavior: string, Behavior: string, ...actions: string[]) => ({
    LoggingFilter: {
      DefaultBehavior,
      Filters: [{ Behavior, Requirement, Conditions: actions.map((Action) => ({ ActionCondition: { Action } })) }],
    },
  });
  const paths = async () => (await waf.logged()).map(({ httpRequest }) => httpRequest.uri);

  test('has each request as WAF writes it, without what is redacted or protected', async () => {
    await waf.allowDelivery();
    const protection = {
      DataProtections: [
        { Field: { FieldType: 'SINGLE_HEADER', FieldKeys: ['cookie'] }, Action: 'SUBSTITUTION' },
        { Field: { FieldType: 'BODY' }, Action: 'SUBSTITUTION' },
      ],
    };
    const acl = await waf.createAcl('Acl', rules, [waf.stageArn], { Name: 'named', DataProtectionConfig: protection });
    await waf.log(acl, { RedactedFields: [{ SingleHeader: { Name: 'authorization' } }] });
    requests();
    const lines = await waf.logged();
    expect(lines[0]).toEqual({
      timestamp: waf.door.clock.now(),
      formatVersion: 1,
      webaclId: acl,
      terminatingRuleId: 'Blocks',
      terminatingRuleType: 'REGULAR',
      action: 'BLOCK',
      terminatingRuleMatchDetails: [],
      httpSourceName: 'APIGW',
      httpSourceId: expect.stringMatching(/^000000000000:\w+:v1$/),
      ruleGroupList: [],
      rateBasedRuleList: [],
      nonTerminatingMatchingRules: [],
      requestHeadersInserted: null,
      responseCodeSent: null,
      httpRequest: {
        clientIp: '127.0.0.1',
        country: '-',
        headers: [
          { name: 'Host', value: 'api.example.com' },
          { name: 'Authorization', value: 'REDACTED' },
          { name: 'COOKIE', value: 'REDACTED' },
        ],
        uri: '/blocked',
        args: 'page=2',
        httpVersion: 'HTTP/1.1',
        httpMethod: 'GET',
        requestId: 'r-1',
      },
    });
    expect(lines.map(({ action, terminatingRuleId }) => [action, terminatingRuleId])).toEqual([
      ['BLOCK', 'Blocks'],
      ['ALLOW', 'Default_Action'],
      ['ALLOW', 'Default_Action'],
    ]);
    expect(lines[1].nonTerminatingMatchingRules).toEqual([{ ruleId: 'Counts', action: 'COUNT', ruleMatchDetails: [] }]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test.each([
    ['what any condition is met by', filter('MEETS_ANY', 'DROP', 'KEEP', 'BLOCK', 'COUNT'), ['/blocked', '/counted']],
    ['what all conditions are met by', filter('MEETS_ALL', 'DROP', 'KEEP', 'ALLOW', 'COUNT'), ['/counted']],
    ['what is not dropped', filter('MEETS_ANY', 'KEEP', 'DROP', 'COUNT'), ['/blocked', '/allowed']],
    ['everything without a filter', {}, ['/blocked', '/counted', '/allowed']],
  ])('keeps %s', async (_name, properties, kept) => {
    await waf.allowDelivery();
    await waf.log(await waf.createAcl('Acl', rules, [waf.stageArn]), properties);
    requests();
    expect(await paths()).toEqual(kept);
  });

  test('says of a rate how much was allowed, and of a user pool that it is one', async () => {
    await waf.allowDelivery();
    const { arn } = await waf.createPool();
    await waf.log(await waf.createAcl('Acl', [rule('Rate', 0, rateOf(10))], [arn]));
    for (let request = 0; request < 11; request++) waf.admits(arn, {});
    expect((await waf.logged()).at(-1)).toMatchObject({
      terminatingRuleType: 'RATE_BASED',
      httpSourceName: 'COGNITOIDP',
      rateBasedRuleList: [
        { rateBasedRuleName: 'Rate', limitKey: 'IP', maxRateAllowed: 10, evaluationWindowSec: '60', limitValue: '127.0.0.1' },
      ],
    });
  });

  test('stays empty, and says why, where the group’s policy does not let it be delivered', async () => {
    await waf.log(await waf.createAcl('Acl', rules, [waf.stageArn]));
    requests();
    expect(await waf.logged()).toEqual([]);
    expect(waf.door.denials).toEqual([expect.stringContaining('delivery.logs.amazonaws.com')]);
    expect(waf.door.denials[0]).toContain('logs:CreateLogStream');
  });

  test('goes to no group whose name AWS would refuse', async () => {
    const acl = await waf.createAcl('Acl', rules);
    const LogDestinationConfigs = ['arn:aws:logs:eu-west-1:000000000000:log-group:other'];
    await expect(waf.log(acl, { LogDestinationConfigs })).rejects.toThrow(`begin with ${GROUP.replace('test', '')}, and not to`);
  });
});
