// A study's views: what each draws of a study in full swing.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {fill, fillSeveral, liven} from './fixture.mjs';
import {Browser, chartOf, drawn, picture, Server} from './harness.mjs';

let server;
let browser;
let live;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  await fill(server, {count: 48});
  live = await liven(server);
  await fillSeveral(server, 30);
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

const open = async (path, viewport = {width: 1360, height: 900}) => {
  await browser.page.setViewportSize(viewport);
  await browser.page.goto(`${server.url}/studies/${path}`);
  return browser.page;
};

test('overview: history, leaderboard, importance and workers', async () => {
  const page = await open('heat');
  const {trials} = await server.get('/studies/heat/trials?limit=1000');
  const history = await drawn(page, 'Optimization history');
  assert.equal(history.points, trials.filter(trial => trial.value !== undefined).length);
  assert.ok(history.colours > 20, 'several colours are drawn');
  const {best} = await server.get('/studies/heat/best?top=20');
  const first = page.locator('.leaderboard tbody tr').first();
  assert.match(await first.innerText(), new RegExp(`^1\\s+${best[0].number}\\b`));
  assert.equal((await drawn(page, 'Hyperparameter importance')).points, 5);
  const workers = page.locator('.workers li');
  assert.equal(await workers.count(), 3);
  assert.match(await workers.first().innerText(), /W1[\s\S]*running[\s\S]*focus: threshold, sigma[\s\S]*attempt 1/);
  await picture(page, 'overview-light-wide');
});

test('a point of the history leads to its parameters', async () => {
  const page = await open('heat');
  await drawn(page, 'Optimization history');
  const canvas = chartOf(page, 'Optimization history').locator('canvas').first();
  const box = await canvas.boundingBox();
  // The newest result that is not covered: look along the chart for a tooltip.
  let found = '';
  for (let x = 80; x < box.width - 20 && !found; x += 6) {
    for (let y = 40; y < box.height - 60 && !found; y += 8) {
      await page.mouse.move(box.x + x, box.y + y);
      const tip = page.locator('.tip');
      if ((await tip.count()) && (await tip.first().isVisible())) found = await tip.first().innerText();
    }
  }
  assert.match(found, /Trial \d+[\s\S]*threshold/);
});

test('plots: the ones that Optuna has, by their names', async () => {
  const page = await open('heat/plots');
  const done = (await server.get('/studies/heat/trials?state=complete&limit=1000')).trials;
  const feasible = done.filter(trial => trial.feasible).length;
  assert.equal((await drawn(page, 'Parallel coordinate')).points, feasible);
  for (const name of ['threshold', 'sigma', 'strategy', 'refine', 'fevals']) {
    const slice = await drawn(page, name);
    assert.ok(slice.points > 10 && slice.colours > 5, name);
  }
  assert.ok((await drawn(page, 'Contour')).colours > 10, 'bands of the contour');
  assert.ok((await drawn(page, 'Rank')).colours > 10);
  assert.equal((await drawn(page, 'Empirical distribution function')).points, done.length);
  assert.ok((await drawn(page, 'Intermediate values')).points > 30);
  assert.equal((await drawn(page, 'Importance within a focus')).points, 2);
  await picture(page, 'plots-light-wide');

  await chartOf(page, 'Contour').getByLabel('x').selectOption('strategy');
  await page.getByText('strategy against').first().waitFor();
});

test('trials: filter, sort and columns', async () => {
  const page = await open('heat/trials');
  const total = Object.values((await server.get('/studies/heat')).counts).reduce((a, b) => a + b, 0);
  await page.getByText(`${total} of ${total} trials`).waitFor();
  await page.getByRole('searchbox').fill('state=complete worker=W2');
  const expected = (await server.get('/studies/heat/trials?state=complete&worker=W2&limit=1000')).trials;
  await page.getByText(`${expected.length} of ${total} trials`).waitFor();
  await page.getByRole('button', {name: 'value'}).click();
  const values = (await page.locator('.trials tbody tr td:nth-child(3)').allInnerTexts()).map(Number);
  assert.deepEqual(values, values.slice().sort((a, b) => a - b));
  await page.getByText('Columns', {exact: true}).click();
  await page.getByRole('checkbox', {name: 'sampler'}).check();
  await page.getByRole('columnheader', {name: 'sampler'}).waitFor();
  await picture(page, 'trials-light-wide');
});

test('drawer: one trial with its explanation and files, by keyboard too', async () => {
  const page = await open('heat/trials?trial=0');
  const drawer = page.getByRole('dialog', {name: 'Trial 0'});
  await drawer.getByText('runtime_min').waitFor();
  await drawer.getByRole('button', {name: 'run.log'}).click();
  await drawer.getByText('epoch 3 of 3').waitFor();
  await drawer.getByText('+step = 4').waitFor();
  await page.goto(`${server.url}/studies/heat/trials?trial=30`);
  const later = page.getByRole('dialog', {name: 'Trial 30'});
  await later.getByRole('button', {name: 'Why this configuration?'}).click();
  await later.getByRole('heading', {name: 'Why', exact: true}).waitFor();
  await picture(page, 'drawer-light-wide', false);
  await page.keyboard.press('Escape');
  await later.waitFor({state: 'detached'});
  assert.ok(!page.url().includes('trial='));
});

test('timeline: running, parked and ended runs, and the cost', async () => {
  const page = await open('heat/timeline');
  const runs = (await server.get('/studies/heat/trials?limit=1000')).trials.filter(trial => trial.started && trial.state !== 'waiting');
  assert.ok((await drawn(page, 'Timeline')).points >= runs.length + 1, 'each run, and the parked stretch');
  assert.ok((await drawn(page, 'Cost')).colours > 5);
  await picture(page, 'timeline-light-wide');
});

test('queue: what waits, in the order of handing out, and for what', async () => {
  const page = await open('heat/queue');
  const {items} = await server.get('/studies/heat/queue');
  const rows = page.locator('.queue li');
  await rows.first().waitFor();
  const shown = await rows.evaluateAll(all => all.map(row => row.dataset.key));
  assert.deepEqual(shown, items.map(item => `${item.kind} ${item.number}`));
  assert.ok(shown.includes(`trial ${live.enqueued}`));
  assert.match(await rows.filter({hasText: 'strategy=triangulation'}).innerText(), /gpu[\s\S]*trial \d+/);
  const graph = page.locator('.graph');
  await graph.getByRole('listitem', {name: /^task 1, Describe it, waiting, after task 0$/}).waitFor();
  await picture(page, 'queue-light-wide');
});

test('log: insights and events', async () => {
  const page = await open('heat/log');
  await page.getByText('Thresholds above 0.39 never helped.', {exact: true}).waitFor();
  await page.locator('.events li', {hasText: 'the machine was overloaded'}).waitFor();
  await page.getByLabel('Kind').selectOption('parked');
  const shown = page.locator('.events li');
  assert.equal(await shown.count(), 1);
  assert.match(await shown.first().innerText(), /rate limit/);
  await picture(page, 'log-light-wide');
});

test('several objectives: the Pareto front', async () => {
  const page = await open('trade-off');
  const {best} = await server.get('/studies/trade-off/best?top=0');
  await page.getByText(`${best.length} trials that no other beats`).waitFor();
  assert.ok((await drawn(page, 'Pareto front')).colours > 5);
  await picture(page, 'pareto-light-wide');
});

test('dark and narrow: nothing sticks out, everything is drawn', async () => {
  const page = browser.page;
  await page.emulateMedia({colorScheme: 'dark'});
  for (const view of ['', '/plots', '/trials', '/timeline', '/queue', '/questions', '/log', '/file']) {
    await open(`heat${view}`, {width: 390, height: 800});
    await page.locator('.tabs').waitFor();
    if (view === '') await drawn(page, 'Optimization history');
    if (view === '/plots') await drawn(page, 'Intermediate values');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, view);
    await picture(page, `${view.slice(1) || 'overview'}-dark-narrow`);
  }
  await open('heat');
  await drawn(page, 'Optimization history');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  await picture(page, 'overview-dark-wide');
  await page.getByRole('button', {name: /Colours/}).click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
});

test('nothing was complained of, nothing left the machine', () => assert.deepEqual(browser.faults, []));
