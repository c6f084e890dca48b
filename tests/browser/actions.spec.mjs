// What people do on the page, and that what workers do shows at once.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {fill, tellOne} from './fixture.mjs';
import {Browser, drawn, Server} from './harness.mjs';

let server;
let browser;
let random;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  random = await fill(server, {count: 12});
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

test('a new result shows within a second, without reading the history again', async () => {
  const {page} = browser;
  await page.goto(`${server.url}/studies/heat`);
  const {points} = await drawn(page, 'Optimization history');
  await page.locator('.live.on').waitFor();
  const asked = [];
  page.on('request', request => asked.push(request.url()));
  const before = Date.now();
  await tellOne(server, 'heat', 'W1', random);
  const told = Date.now();
  await page.waitForFunction(count => Number(document.querySelector('.plot').dataset.points) > count, points, {polling: 20});
  const shown = Date.now();
  assert.ok(shown - told < 1000, `${shown - told} ms after the tell (which took ${told - before} ms)`);
  assert.deepEqual(asked.filter(url => url.includes('/columns')), []);
});

test('it goes on after the connection was lost', async () => {
  const {page} = browser;
  await browser.context.setOffline(true);
  await page.locator('.live:not(.on)').waitFor({timeout: 20_000}).catch(() => {});
  await tellOne(server, 'heat', 'W2', random);
  await browser.context.setOffline(false);
  const {counts} = await server.get('/studies/heat');
  const ended = String((counts.complete ?? 0) + (counts.pruned ?? 0));
  await page.waitForFunction(want => document.querySelector('[data-testid=trials]').textContent === want, ended, {timeout: 10_000});
});

test('stop and resume', async () => {
  const {page} = browser;
  await page.getByRole('button', {name: 'Stop'}).click();
  await page.getByRole('button', {name: 'Resume'}).waitFor();
  assert.equal((await server.get('/studies/heat')).state, 'stopped');
  await page.getByRole('button', {name: 'Resume'}).click();
  await page.getByRole('button', {name: 'Stop'}).waitFor();
  assert.equal((await server.get('/studies/heat')).state, 'running');
});

test('enqueue, with what is wrong said in place, and withdraw', async () => {
  const {page} = browser;
  await page.getByRole('link', {name: 'Queue'}).click();
  const form = page.locator('form.enqueue');
  await form.getByLabel('threshold').fill('7');
  await form.getByRole('button', {name: 'Enqueue'}).click();
  await form.getByRole('alert').waitFor();
  await form.getByLabel('threshold').fill('0.305');
  await form.getByLabel('strategy').selectOption('"grid"');
  await form.getByLabel('priority').fill('3');
  await form.getByRole('button', {name: 'Enqueue'}).click();
  const row = page.locator('.queue li');
  await row.waitFor();
  const [waiting] = (await server.get('/studies/heat/trials?state=waiting')).trials;
  assert.equal(waiting.priority, 3);
  assert.deepEqual([waiting.params.threshold, waiting.params.strategy], [0.305, 'grid']);
  await row.getByRole('button', {name: 'Withdraw'}).click();
  await row.waitFor({state: 'detached'});
  assert.equal((await server.get('/studies/heat')).counts.waiting, 0);
});

test('void a trial', async () => {
  const {page} = browser;
  await page.goto(`${server.url}/studies/heat/trials?trial=2`);
  const drawer = page.getByRole('dialog', {name: 'Trial 2'});
  await drawer.getByLabel('Reason to void it').fill('a cosmic ray');
  await drawer.getByRole('button', {name: 'Void'}).click();
  await drawer.getByText('voided').waitFor();
  assert.equal((await server.get('/studies/heat/trials/2')).reason, 'voided');
});

test('add and retire an insight', async () => {
  const {page} = browser;
  await page.goto(`${server.url}/studies/heat/log`);
  await page.getByLabel('New insight').fill('<b>bold</b> claims need replicates');
  await page.getByRole('button', {name: 'Add'}).click();
  const insight = page.locator('.insights li', {hasText: '<b>bold</b> claims need replicates'});
  await insight.waitFor();
  await insight.getByRole('button', {name: 'Retire'}).click();
  await insight.waitFor({state: 'detached'});
});

test('delete asks for the name', async () => {
  const {page} = browser;
  await page.getByRole('button', {name: 'Delete…'}).click();
  const dialog = page.getByRole('dialog', {name: /Delete heat/});
  assert.ok(await dialog.getByRole('button', {name: 'Delete'}).isDisabled());
  await dialog.getByRole('textbox').fill('heat');
  await dialog.getByRole('button', {name: 'Delete'}).click();
  await page.getByText('No study yet').waitFor();
  assert.deepEqual((await server.get('/studies')).studies, []);
});

test('nothing left the machine', () => {
  assert.deepEqual(browser.faults.filter(fault => !fault.includes('ERR_INTERNET_DISCONNECTED')), []);
});
