// How long the page takes to load and draw a study of many trials, in headless Chromium.
//
//   node bench/dashboard/many_trials.mjs [TRIALS]      default: 100000
//
// STUDY names the program, STUDY_NODE_MODULES the folder with playwright-core (the build's server/dashboard/node_modules).
// The trials are asked and told over HTTP, 1000 an ask, by the random sampler. Each figure is the median of five loads, the
// browser's cache empty at the first.
import {Browser, chartOf, picture, Server} from '../../tests/browser/harness.mjs';

const count = Number(process.argv[2] ?? 100_000);
const file = {
  name: 'many',
  direction: 'minimize',
  seed: 1,
  sampler: {name: 'random'},
  params: {
    ...Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => [name, {type: 'float', low: -5, high: 5}])),
    rate: {type: 'float', low: 1e-5, high: 1, log: true},
    depth: {type: 'int', low: 1, high: 12},
    method: {type: 'categorical', choices: ['x', 'y', 'z']},
  },
};

const value = params =>
  ['a', 'b', 'c', 'd', 'e', 'f', 'g'].reduce((sum, name) => sum + params[name] ** 2, 0) + (Math.log10(params.rate) + 3) ** 2;

async function fill(server) {
  await server.post('/studies', file);
  const begin = performance.now();
  for (let done = 0; done < count; ) {
    const {trials} = await server.post('/studies/many/ask', {worker: `W${(done / 1000) % 4}`, count: Math.min(1000, count - done)});
    for (let i = 0; i < trials.length; i += 50) {
      await Promise.all(
        trials.slice(i, i + 50).map(trial => server.post(`/studies/many/trials/${trial.number}/tell`, {value: value(trial.params), lease: trial.lease.token})),
      );
    }
    done += trials.length;
  }
  console.log(`${count} trials told in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
}

const median = values => values.slice().sort((a, b) => a - b)[values.length >> 1];

async function timeRoute(server, path) {
  const times = [];
  let bytes = 0;
  for (let i = 0; i < 5; ++i) {
    const begin = performance.now();
    bytes = (await (await fetch(`${server.url}/api/v1/studies/many${path}`)).arrayBuffer()).byteLength;
    times.push(performance.now() - begin);
  }
  console.log(`GET ${path}: ${median(times).toFixed(0)} ms, ${(bytes / 1e6).toFixed(2)} MB`);
}

// From the navigation to the moment when ECharts has drawn the chart named `title`, by the page's own clock.
async function timeView(page, url, title) {
  const times = [];
  for (let i = 0; i < 5; ++i) {
    await page.goto(url, {waitUntil: 'commit'});
    const plot = chartOf(page, title).locator('.plot[data-drawn]');
    await plot.waitFor();
    times.push(Number(await plot.getAttribute('data-drawn')));
  }
  console.log(`${title}: first ${times[0].toFixed(0)} ms, median ${median(times).toFixed(0)} ms (${times.map(t => t.toFixed(0)).join(', ')})`);
}

// From the navigation, a click or a key to the rows, by this program's clock. The first thing that needs every trial reads them.
async function timeTable(page, url) {
  const every = count.toLocaleString('en');
  const steps = [
    ['shown', () => page.goto(url, {waitUntil: 'commit'}), `${every} of ${every} trials`, count - 1],
    ['next page', () => page.getByRole('button', {name: 'Later'}).click(), `page 2 of ${(count / 100).toLocaleString('en')}`, count - 101],
    ['sorted by value, every trial read', () => page.getByRole('button', {name: 'value'}).click(), 'page 1 of', null],
    ['sorted by another', () => page.getByRole('button', {name: 'rate'}).click(), 'page 1 of', null],
    ['filtered', () => page.getByRole('searchbox').fill('value<20 method=x'), 'of', null],
  ];
  for (const [name, act, text, first] of steps) {
    const before = await page.locator('.trials tbody').innerText({timeout: 100}).catch(() => '');
    const begin = performance.now();
    await act();
    await page.waitForFunction(
      ([text, before, first]) => {
        const rows = document.querySelector('.trials tbody')?.innerText ?? '';
        return rows && rows !== before && document.body.innerText.includes(text) && (first === null || rows.startsWith(String(first)));
      },
      [text, before, first],
      {timeout: 60_000},
    );
    console.log(`table, ${name}: ${(performance.now() - begin).toFixed(0)} ms`);
  }
}

const [server, browser] = await Promise.all([Server.start(), Browser.start()]);
try {
  await fill(server);
  for (const path of ['', '/columns?points=3000', '/columns?points=0', '/best?top=20', '/workers', '/importance']) await timeRoute(server, path);
  const {page} = browser;
  const url = `${server.url}/studies/many`;
  await timeView(page, url, 'Optimization history');
  await picture(page, 'many-overview');
  await timeView(page, `${url}/plots`, 'Parallel coordinate');
  await picture(page, 'many-plots');
  await timeTable(page, `${url}/trials`);
  await picture(page, 'many-trials');
  console.log(browser.faults.length ? browser.faults : 'the page complained of nothing');
} finally {
  await browser.stop();
  await server.stop();
}
