// What waits for workers and for people: moved, approved, rejected; topics, questions, and one trial's way back into the queue.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {fill} from './fixture.mjs';
import {Browser, picture, Server} from './harness.mjs';

let server;
let browser;
let asked; // a running trial whose agent asks
const path = '/studies/heat';
before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  await fill(server, {count: 12});
  [asked] = (await server.post(`${path}/ask`, {worker: 'W1'})).trials;
  await server.post(`${path}/trials/${asked.number}/heartbeat`, {lease: asked.lease.token, stage: 'score'});
  await server.post(`${path}/enqueue`, {params: {threshold: 0.331}, title: 'the edge', author: 'ann'});
  await server.post(`${path}/enqueue`, {params: {threshold: 0.352}, title: 'the middle', author: 'ann'});
  await server.post(`${path}/enqueue`, {params: {strategy: 'grid'}, title: 'a daring one', author: 'orchestrator', hold: true, needs: ['gpu0']});
  await server.post(`${path}/enqueue`, {params: {strategy: 'random'}, title: 'no good', author: 'orchestrator', hold: true});
  await server.post(`${path}/tasks`, {title: 'Write it up', after_trials: [asked.number], priority: 'low', wave: 1});
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

const keys = async () => (await server.get(`${path}/queue`)).items.map(item => `${item.kind} ${item.number}`);
const row = title => browser.page.locator('.queue li', {hasText: title});
const shown = () => browser.page.locator('.queue li').evaluateAll(all => all.map(one => one.dataset.key));
const until = async (what, want) => {
  await browser.page.waitForFunction(
    want => [...document.querySelectorAll('.queue li')].map(one => one.dataset.key).join() === want,
    want.join(),
    {timeout: 5000},
  );
  assert.deepEqual(await keys(), want, what);
};

test('why each waits', async () => {
  const {page} = browser;
  await page.goto(`${server.url}${path}/queue`);
  await row('the edge').waitFor();
  assert.deepEqual(await shown(), await keys());
  assert.match(await row('the edge').innerText(), /by ann[\s\S]*next free worker/);
  const {items} = await server.get(`${path}/queue`);
  for (const item of items.filter(one => !one.ready)) {
    const text = await page.locator(`[data-key="${item.kind} ${item.number}"]`).innerText();
    for (const one of item.waits_for) assert.ok(text.includes(one.text), text);
  }
  assert.match(await row('a daring one').innerText(), /held[\s\S]*needs gpu0/);
});

test('one is moved by dragging', async () => {
  const before = await keys();
  await row('the middle').dragTo(row('the edge'));
  await until('dragged', [before[1], before[0], ...before.slice(2)]);
});

test('one is moved with the keyboard, which stays on its button', async () => {
  const {page} = browser;
  const before = await keys();
  await page.getByRole('button', {name: `Move ${before[2]} up`}).focus();
  await page.keyboard.press('Enter');
  await until('once', [before[0], before[2], before[1], ...before.slice(3)]);
  await page.getByRole('status').filter({hasText: `${before[2]} is now number 2`}).waitFor();
  await page.waitForFunction(label => document.activeElement?.ariaLabel === label, `Move ${before[2]} up`);
  await page.keyboard.press('Enter');
  await until('twice', [before[2], before[0], before[1], ...before.slice(3)]);
  await picture(page, 'queue-moved-light-wide');
});

test('what is held is approved or rejected', async () => {
  const {page} = browser;
  await row('a daring one').getByRole('button', {name: 'Approve'}).click();
  await row('a daring one').getByRole('button', {name: 'Hold'}).waitFor();
  assert.ok((await server.get(`${path}/queue`)).items.every(item => item.title !== 'a daring one' || !item.hold));

  await row('no good').getByRole('button', {name: 'Reject…'}).click();
  const dialog = page.getByRole('dialog', {name: /Reject trial/});
  await dialog.getByRole('textbox').fill('tried before');
  await dialog.getByRole('button', {name: 'Reject'}).click();
  await row('no good').waitFor({state: 'detached'});
  const {events} = await server.get(`${path}/events?limit=1000`);
  assert.ok(events.some(event => event.kind === 'voided' && event.body.reason === 'tried before'));
});

test('a topic and how it stands', async () => {
  const {page} = browser;
  await server.post(`${path}/topics`, {name: 'coarse-starts', family: 'start', hypothesis: 'A coarse start is enough.', params: {refine: 3}, trials: 2, author: 'ann'});
  const topic = page.locator('.topics li', {hasText: 'coarse-starts'});
  await topic.waitFor();
  assert.match(await topic.innerText(), /start[\s\S]*open[\s\S]*A coarse start is enough\.[\s\S]*2 trials[\s\S]*refine=3/);
});

test('a question is announced, and answered', async () => {
  const {page} = browser;
  await server.post(`${path}/trials/${asked.number}/questions`, {text: 'May the cache be kept?', lease: asked.lease.token});
  const badge = page.locator('.study-title').getByRole('status', {name: '1 question'}).or(page.locator('.study-title .badge'));
  await badge.first().click();
  await page.getByText('May the cache be kept?').waitFor();
  await picture(page, 'questions-light-wide');
  await page.getByRole('textbox', {name: 'Answer'}).fill('No, clear it.');
  await page.getByRole('button', {name: 'Answer', exact: true}).click();
  await page.locator('.answer', {hasText: 'No, clear it.'}).waitFor();
  await page.locator('.study-title .badge').waitFor({state: 'detached'});
  assert.equal((await server.get(`${path}/questions`)).questions[0].answer, 'No, clear it.');
});

test('a worker shows its stage, and a running trial is taken from it', async () => {
  const {page} = browser;
  await page.goto(`${server.url}${path}`);
  await page.locator('.workers li', {hasText: 'W1'}).locator('.stage', {hasText: 'score'}).waitFor();
  await page.getByRole('link', {name: `trial ${asked.number}`, exact: true}).first().click();
  const drawer = page.getByRole('dialog', {name: `Trial ${asked.number}`});
  await drawer.getByText('May the cache be kept?').waitFor();
  await drawer.getByLabel('Reason to take it from its worker').fill('the machine is gone');
  await drawer.getByRole('button', {name: 'Requeue'}).click();
  await drawer.locator('.state', {hasText: 'waiting'}).waitFor();
  assert.equal((await server.get(`${path}/trials/${asked.number}`)).state, 'waiting');
});

test('an ended trial is run again', async () => {
  const {page} = browser;
  await page.goto(`${server.url}${path}/trials?trial=0`);
  const drawer = page.getByRole('dialog', {name: 'Trial 0'});
  await drawer.getByRole('button', {name: 'Run again'}).click();
  const said = await drawer.getByRole('status').innerText();
  const number = Number(/Enqueued as trial (\d+)/.exec(said)[1]);
  const again = await server.get(`${path}/trials/${number}`);
  assert.deepEqual(again.params, (await server.get(`${path}/trials/0`)).params);
});

test('proposals are told apart from what the sampler suggests', async () => {
  const {page} = browser;
  for (let i = 0; i < 6; ++i) {
    const {trials} = await server.post(`${path}/ask`, {worker: 'W3'});
    if (!trials.length) break;
    await server.post(`${path}/trials/${trials[0].number}/tell`, {value: 1.1 + i / 100, metrics: {runtime_min: 40}, lease: trials[0].lease.token});
  }
  await page.goto(`${server.url}${path}`);
  const authors = page.getByRole('table', {name: 'By author'});
  await authors.getByRole('row', {name: /ann/}).waitFor();
  const {proposals} = await server.get(path);
  assert.equal(await authors.getByRole('row').count(), 1 + proposals.length);
});

test('nothing sticks out on a phone', async () => {
  const {page} = browser;
  await page.setViewportSize({width: 390, height: 800});
  await page.emulateMedia({colorScheme: 'dark'});
  for (const view of ['queue', 'questions']) {
    await page.goto(`${server.url}${path}/${view}`);
    await page.locator('.live.on').waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, view);
    await picture(page, `${view}-full-dark-narrow`);
  }
});

test('nothing was complained of, nothing left the machine', () => assert.deepEqual(browser.faults, []));
