import { extractPages } from '../../lambdas/manuals/extraction/extract-pages.ts';

/** The text of all sections, an empty line between two. */
async function textOf(html: string, contentType = 'text/html'): Promise<string> {
  const { pages } = await extractPages(contentType, new TextEncoder().encode(html));
  return pages.map(({ text }) => text).join('\n\n');
}

test('paragraphs, lines and words are those that a browser shows', async () => {
  const html = '<p>One\n  two<br>three</p>four <b>fi</b>ve<div>six<hr>seven</div><p>ei<wbr>ght <button>nine</button><button>ten</button>';
  await expect(textOf(html)).resolves.toBe('One two\nthree\n\nfour five\n\nsix\n\nseven\n\neight nine ten');
});

test('links keep their words and pictures are their alternative text', async () => {
  const html = '<p>See <a href="http://example.com/x">the site</a>.<img src=a alt="The lamp"><img src=b alt=""><img src=c>Then';
  await expect(textOf(html)).resolves.toBe('See the site. The lamp Then');
});

test.each([
  '<script>alert(1)</script>',
  '<style>p { color: red }</style>',
  '<title>Manual</title>',
  '<!-- comment -->',
  '<template><p>later</p></template>',
  '<noscript>Switch it on</noscript>',
  '<nav><ul><li>Home</ul></nav>',
  '<div hidden>secret <p>words</p></div>',
  '<p style="color: red; display: none">secret</p>',
  '<p style="DISPLAY:NONE">secret</p>',
  '<p style="visibility : hidden">secret</p>',
  '<svg><style>a{}</style><title>Icon</title></svg>',
  '<iframe>frame</iframe>',
  '<div hidden><img alt="secret"><table><tr><td>a<td>b</table><h2>Secret</h2></div>',
])('%s is not text', async (html) => {
  await expect(textOf(`<p>Before</p>${html}<p>After</p>`)).resolves.toBe('Before\n\nAfter');
});

test.each([
  '<details><summary>Shown</summary></details>',
  '<p style="display: block">Shown</p>',
  '<p hidden="until-found">Shown</p>',
  '<p data-hidden>Shown</p>',
])('%s is text', async (html) => {
  await expect(textOf(html)).resolves.toBe('Shown');
});

test('headings begin sections, without the signs that link to them', async () => {
  const { pages } = await extractPages(
    'text/html',
    Buffer.from('<h1>Care<a href="#care">¶</a></h1>a<h2>How <em>often</em></h2>b<h1>Terms</h1>c'),
  );
  expect(pages).toEqual([
    { number: 1, text: 'Care\n\na', section: 'Care' },
    { number: 2, text: 'How often\n\nb', section: 'Care > How often' },
    { number: 3, text: 'Terms\n\nc', section: 'Terms' },
  ]);
});

describe('lists', () => {
  test('keep markers and numbers, one item on a line', async () => {
    const html = 'Do:<ol><li>Fill<li>Boil<ul><li>once<li>twice</ul><li>Pour</ol>Done<ul><li><p>loose</p></li><li></li><li>tight</ul>';
    await expect(textOf(html)).resolves.toBe('Do:\n1. Fill\n2. Boil\n  - once\n  - twice\n3. Pour\n\nDone\n- loose\n- tight');
  });

  test.each([
    ['<ol start=9><li>a<li>b</ol>', '9. a\n10. b'],
    ['<ol reversed start=2><li>a<li>b</ol>', '2. a\n1. b'],
    ['<ol type=a start=26><li>a<li>b</ol>', 'z. a\naa. b'],
    ['<ol type=A><li>a</ol>', 'A. a'],
    ['<ol type=i start=9><li>a<li value=44>b</ol>', 'ix. a\nxliv. b'],
    ['<ol type=I start=0><li>a<li value=1999>b</ol>', '0. a\nMCMXCIX. b'],
    ['<li>a', '- a'],
  ])('%s counts as it says', async (html, text) => {
    await expect(textOf(html)).resolves.toBe(text);
  });

  test('a term stands above its description', async () => {
    await expect(textOf('<dl><dt>Lamp<dd>It shines<dt>Knob<dd>It turns</dl>')).resolves.toBe('Lamp\nIt shines\n\nKnob\nIt turns');
  });
});

describe('tables', () => {
  test('each row is a line, and each cell follows the words of its header', async () => {
    const html = `<p>Types<table><caption>Models</caption><thead><tr><th>Model:<th>Power<th>Weight</thead>
      <tr><td>K1<td>900 W<td>1 kg<tr><td>K2<td><td><p>2</p><p>kg</p></table><p>End`;
    const rows = 'Model:\tPower\tWeight\nModel: K1\tPower: 900 W\tWeight: 1 kg\nModel: K2\tWeight: 2 kg';
    await expect(textOf(html)).resolves.toBe(`Types\n\nModels\n\n${rows}\n\nEnd`);
  });

  test('a row with a header of its own begins with it', async () => {
    const html = '<table><tr><th>Power<td>900 W<tr><th>Weight<td>1 kg</table>';
    await expect(textOf(html)).resolves.toBe('Power\t900 W\nWeight\t1 kg');
  });

  test('cells that span rows and columns move the others over', async () => {
    const html = `<table><tr><th>A<th>B<th>C<tr><td rowspan=2>long<td>b1<td>c1<tr><td>b2<td>c2<tr><td colspan=2>wide<td>c3</table>`;
    await expect(textOf(html)).resolves.toBe('A\tB\tC\nA: long\tB: b1\tC: c1\nA: long\tB: b2\tC: c2\nA: wide\tC: c3');
  });

  test('two rows of headers name no column', async () => {
    const html = '<table><tr><th>A<th>B<tr><th>x<th>y<tr><td>1<td>2</table>';
    await expect(textOf(html)).resolves.toBe('A\tB\nx\ty\n1\t2');
  });

  test('a long header is not repeated', async () => {
    const long = 'word '.repeat(20).trim();
    await expect(textOf(`<table><tr><th>${long}<th>B<tr><td>1<td>2</table>`)).resolves.toBe(`${long}\tB\n1\tB: 2`);
  });

  test.each([
    ['headings', '<table><tr><td>Menu<td><h1>Care</h1><p>One<p>Two</table>', 'Menu\n\nCare\n\nOne\n\nTwo'],
    ['long texts', `<table><tr><td>Menu<td><p>${'a'.repeat(1001)}<p>Two</table>`, `Menu\n\n${'a'.repeat(1001)}\n\nTwo`],
    ['code', '<table><tr><td>1<td><pre>a\n  b</pre></table>', '1\n\na\n  b'],
    ['one column', '<table><tr><td>One<p>Two<tr><td>Three</table>', 'One\n\nTwo\n\nThree'],
  ])('one that lays out %s is no table', async (_what, html, text) => {
    await expect(textOf(html)).resolves.toBe(text);
  });

  test('one that is closed nowhere, or in the wrong place, loses nothing', async () => {
    await expect(textOf('<table><tr><td><b>a<td>b</b></td></td><tr>c<td>d')).resolves.toBe('c\n\na\tb\nd');
    await expect(textOf('</table></td>a<td>b</td></tr></ul></li></h1></pre>c')).resolves.toBe('a\n\nb\n\nc');
  });
});

test('code keeps its lines and its indentation', async () => {
  const html = '<p>Run<pre><code class=x>\n\n  if (a &lt; b)\n\n    c();  \n</code></pre><p>End   here';
  await expect(textOf(html)).resolves.toBe('Run\n\n  if (a < b)\n\n    c();\n\nEnd here');
});

test('more text than a thousand pages hold is refused before all of it is read', async () => {
  await expect(textOf(`<p>${'a'.repeat(3_000_001)}`)).rejects.toMatchObject({ failure: 'too_many_pages' });
  const repeated = `<table><tr><th>${'a'.repeat(60)}<th>${'<tr><td>b<td>c'.repeat(60_000)}</table>`;
  await expect(textOf(repeated)).rejects.toMatchObject({ failure: 'too_many_pages' });
});

describe('Markdown', () => {
  const markdown = (text: string) => textOf(text, 'text/markdown');

  test('is read as what it is rendered to', async () => {
    const text = `Care\n====\n\nSee *the* [site](http://example.com) and \`a_b\`. ![Lamp](x.png)\n\nDo:\n\n1. Fill\n2. Boil\n   - once\n\n~~~sh\nif a\n  b\n~~~\n\n> Note`;
    await expect(markdown(text)).resolves.toBe(
      'Care\n\nSee the site and a_b. Lamp\n\nDo:\n1. Fill\n2. Boil\n  - once\n\nif a\n  b\n\nNote',
    );
  });

  test('has tables, whose cells follow their headers, and HTML', async () => {
    const text =
      '| Model | Power |\n|---|--:|\n| K1 | 900 W |\n\n<details><summary>More</summary>\n\nText <b>here</b>\n\n</details><div hidden>no</div>';
    await expect(markdown(text)).resolves.toBe('Model\tPower\nModel: K1\tPower: 900 W\n\nMore\n\nText here');
  });

  test('has sections', async () => {
    const { pages } = await extractPages('text/markdown', Buffer.from('# A\nx\n## B #\n```\n# no heading\n```\n'));
    expect(pages.map(({ section }) => section)).toEqual(['A', 'A > B']);
  });

  test('what stands above it for site generators makes no heading', async () => {
    const { pages } = await extractPages('text/markdown', Buffer.from('---\ntitle: Kettle\n---\n# Care\nx'));
    expect(pages).toEqual([
      { number: 1, text: 'title: Kettle', section: null },
      { number: 2, text: 'Care\n\nx', section: 'Care' },
    ]);
  });
});
