import { byteMatch, openWaf, rateOf, rule, type TestWaf } from './waf-support.ts';

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

describe('rules', () => {
  test('are asked by their priority, and the first that allows or blocks decides', async () => {
    const rules = [
      rule('Block', 2, byteMatch('/a', { position: 'STARTS_WITH' })),
      rule('Allow', 1, byteMatch('/ab', { position: 'STARTS_WITH' }), { Action: { Allow: {} } }),
      rule('Count', 0, byteMatch('/a', { position: 'STARTS_WITH' }), COUNT),
    ];
    await waf.createAcl('Acl', rules, [waf.stageArn]);
    expect(['/a', '/abc', '/b'].map((path) => waf.admits(waf.stageArn, { path }))).toEqual([false, true, true]);
    expect(await waf.count('CountedRequests', 'Acl', 'Count')).toBe(2);
    expect(await waf.count('AllowedRequests', 'Acl', 'Allow')).toBe(1);
    expect(await waf.count('BlockedRequests', 'Acl', 'Block')).toBe(1);
    expect(await waf.count('AllowedRequests', 'Acl', 'Default_Action')).toBe(1);
    expect(await waf.count('AllowedRequests', 'Acl', 'ALL')).toBe(2);
    expect(await waf.count('BlockedRequests', 'Acl', 'ALL')).toBe(1);
    expect(await waf.count('CountedRequests', 'Acl', 'ALL')).toBe(2);
  });

  test('that match nothing leave it to the default action', async () => {
    await waf.createAcl('Acl', [rule('Allow', 0, byteMatch('/a'), { Action: { Allow: {} } })], [waf.stageArn], {
      DefaultAction: { Block: {} },
    });
    expect(['/a', '/b'].map((path) => waf.admits(waf.stageArn, { path }))).toEqual([true, false]);
    expect(await waf.count('BlockedRequests', 'Acl', 'Default_Action')).toBe(1);
  });

  test.each([
    ['EXACTLY', ['/Api/q']],
    ['STARTS_WITH', ['/Api/q', '/Api/q/more']],
    ['ENDS_WITH', ['/Api/q', '/v1/Api/q']],
    ['CONTAINS', ['/Api/q', '/Api/q/more', '/v1/Api/q', '/v1/Api/q/more']],
  ])('look %s', async (position, matching) => {
    await waf.createAcl('Acl', [rule('Path', 0, byteMatch('/Api/q', { position }))], [waf.stageArn]);
    const paths = ['/Api/q', '/Api/q/more', '/v1/Api/q', '/v1/Api/q/more', '/api/q', '/Api/%71'];
    expect(paths.filter((path) => !waf.admits(waf.stageArn, { path }))).toEqual(matching);
  });

  test.each([
    ['NONE', ['/api/q']],
    ['LOWERCASE', ['/api/q', '/API/Q']],
    ['URL_DECODE', ['/api/q', '/%61pi%2Fq']],
  ])('transform by %s before they look', async (transformation, matching) => {
    await waf.createAcl('Acl', [rule('Path', 0, byteMatch('/api/q', { transformation }))], [waf.stageArn]);
    const paths = ['/api/q', '/API/Q', '/%61pi%2Fq', '/api/%zz', '/api/%E2%82'];
    expect(paths.filter((path) => !waf.admits(waf.stageArn, { path }))).toEqual(matching);
  });

  test('combine statements, and read patterns', async () => {
    const pattern = {
      RegexMatchStatement: {
        FieldToMatch: { UriPath: {} },
        RegexString: '(?:/a|/b)/*$',
        TextTransformations: [{ Priority: 0, Type: 'NONE' }],
      },
    };
    const post = byteMatch('POST', { field: 'Method' });
    await waf.createAcl('Acl', [rule('Posts', 0, { AndStatement: { Statements: [post, pattern] } })], [waf.stageArn]);
    const blocked = (method: string, path: string) => !waf.admits(waf.stageArn, { method, path });
    expect(['/a', '/v1/b//', '/ab', '/a/c'].map((path) => blocked('POST', path))).toEqual([true, true, false, false]);
    expect(blocked('OPTIONS', '/a')).toBe(false);
  });

  test('find the labels that earlier ones have put on', async () => {
    const labelled = (Key: string) => ({ LabelMatchStatement: { Scope: 'LABEL', Key } });
    const elsewhere = { NotStatement: { Statement: byteMatch('/free') } };
    const rules = [
      rule('Find', 0, byteMatch('/f', { position: 'STARTS_WITH' }), { ...COUNT, RuleLabels: [{ Name: 'found:Body' }] }),
      rule('Block', 1, { AndStatement: { Statements: [labelled('found:Body'), elsewhere] } }),
      rule('Other', 2, labelled('ound:Body')),
      rule('Late', 3, byteMatch('/late'), { ...COUNT, RuleLabels: [{ Name: 'found:Body' }] }),
    ];
    await waf.createAcl('Acl', rules, [waf.stageArn]);
    expect(['/found', '/free', '/late', '/other'].map((path) => waf.admits(waf.stageArn, { path }))).toEqual([false, true, true, true]);
  });

  test('of AWS’s groups find nothing here', async () => {
    const group = { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesSQLiRuleSet' } };
    await waf.createAcl('Acl', [rule('Sql', 0, group, { OverrideAction: { None: {} } })], [waf.stageArn]);
    expect(waf.admits(waf.stageArn, { queryString: "id=1' OR '1'='1" })).toBe(true);
  });
});

describe('what is not emulated or what WAF refuses stops the start by its name', () => {
  const field = (FieldToMatch: object) => ({
    ByteMatchStatement: {
      FieldToMatch,
      PositionalConstraint: 'EXACTLY',
      SearchString: 'x',
      TextTransformations: [{ Priority: 0, Type: 'NONE' }],
    },
  });
  const regex = (RegexString: string) => ({
    RegexMatchStatement: { FieldToMatch: { UriPath: {} }, RegexString, TextTransformations: [{ Priority: 0, Type: 'NONE' }] },
  });
  const group = (Name: string) => ({ ManagedRuleGroupStatement: { VendorName: 'AWS', Name } });
  const custom = { Action: { Block: { CustomResponse: { ResponseCode: 429 } } } };

  test.each<[string, object, string]>([
    ['a statement', rule('R', 0, { GeoMatchStatement: { CountryCodes: ['DE'] } }), "WAF's GeoMatchStatement"],
    ['a nested statement', rule('R', 0, { NotStatement: { Statement: { SqliMatchStatement: {} } } }), "WAF's SqliMatchStatement"],
    ['a scope', rule('R', 0, rateOf(10, { ScopeDownStatement: { XssMatchStatement: {} } })), "WAF's XssMatchStatement"],
    ['an aggregation', rule('R', 0, rateOf(10, { AggregateKeyType: 'FORWARDED_IP' })), 'AggregateKeyType'],
    ['a limit', rule('R', 0, rateOf(9)), 'Limit'],
    ['a window', rule('R', 0, rateOf(10, { EvaluationWindowSec: 30 })), 'EvaluationWindowSec'],
    ['a forwarded address', rule('R', 0, { IPSetReferenceStatement: { Arn: 'x', IPSetForwardedIPConfig: {} } }), 'IPSetForwardedIPConfig'],
    ['an unknown IP set', rule('R', 0, { IPSetReferenceStatement: { Arn: 'arn:none' } }), 'there is no IP set arn:none'],
    ['a field', rule('R', 0, field({ Body: {} })), 'the field Body of WAF'],
    ['a position', rule('R', 0, byteMatch('x', { position: 'CONTAINS_WORD' })), 'the positional constraint CONTAINS_WORD'],
    ['a transformation', rule('R', 0, byteMatch('x', { transformation: 'CMD_LINE' })), 'the text transformation CMD_LINE'],
    ['a pattern that captures', rule('R', 0, regex('(a|b)')), 'WAF refuses the pattern (a|b)'],
    ['a pattern that refers back', rule('R', 0, regex('(?:a)\\1')), 'WAF refuses the pattern'],
    ['a combination of one', rule('R', 0, { OrStatement: { Statements: [byteMatch('x')] } }), 'Statements'],
    ['labels of a namespace', rule('R', 0, { LabelMatchStatement: { Scope: 'NAMESPACE', Key: 'x:' } }), 'Scope'],
    ['an action', rule('R', 0, byteMatch('x'), { Action: { Captcha: {} } }), 'the action Captcha of the rule R'],
    ['no action', rule('R', 0, byteMatch('x'), {}), 'the action none of the rule R'],
    ['a custom response', rule('R', 0, byteMatch('x'), custom), 'CustomResponse in the action Block of the rule R'],
    ['a group', rule('R', 0, group('AWSManagedRulesBotControlRuleSet')), 'the managed rule group AWSManagedRulesBotControlRuleSet'],
    ['a member', { ...rule('R', 0, byteMatch('x')), ChallengeConfig: {} }, 'ChallengeConfig'],
  ])('%s', async (_name, unknown, sentence) => {
    await expect(waf.createAcl('Acl', [unknown])).rejects.toThrow(sentence);
  });

  test('two rules of one priority', async () => {
    await expect(waf.createAcl('Acl', [rule('A', 0, byteMatch('a')), rule('B', 0, byteMatch('b'))])).rejects.toThrow('the same priority');
  });

  test.each([
    [{ Field: { FieldType: 'SINGLE_HEADER', FieldKeys: ['cookie'] }, Action: 'HASH' }, 'the data protection HASH'],
    [{ Field: { FieldType: 'QUERY_STRING' }, Action: 'SUBSTITUTION' }, 'QUERY_STRING'],
  ])('the protection %j', async (protection, sentence) => {
    const refused = waf.createAcl('Acl', [], [], { DataProtectionConfig: { DataProtections: [protection] } });
    await expect(refused).rejects.toThrow(sentence);
  });

  test('a web ACL before what is not there, or behind another', async () => {
    const nowhere = 'arn:aws:apigateway:eu-west-1::/restapis/other/stages/v1';
    await expect(waf.createAcl('A', [], [nowhere])).rejects.toThrow(`there is no ${nowhere} to put a web ACL before`);
    await expect(waf.createAcl('B', [], [waf.stageArn, waf.stageArn])).rejects.toThrow('is behind the web ACL');
  });

  test('a scope of CloudFront', async () => {
    const refused = waf.createAcl('Acl', [], [], { Scope: 'CLOUDFRONT' });
    await expect(refused).rejects.toThrow('Scope');
  });
});
