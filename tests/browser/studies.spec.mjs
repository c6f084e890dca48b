// The list of studies: what it shows, creating from a dropped file, and its problems.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {fill, liven} from './fixture.mjs';
import {Browser, picture, Server} from './harness.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

// As if a file were dropped on the page.
const drop = (page, text) =>
  page.evaluate(content => {
    const data = new DataTransfer();
    data.items.add(new File([content], 'study.jsonc', {type: 'application/json'}));
    document.querySelector('.view').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
  }, text);

test('an empty list says how to begin', async () => {
  const {page} = browser;
  await page.goto(server.url);
  await page.getByText('No study yet').waitFor();
});

test('a study is shown with its best, budget, workers and sparkline, without loading anew', async () => {
  const {page} = browser;
  await fill(server, {count: 24});
  await liven(server);
  const row = page.getByRole('row', {name: /heat/});
  await row.waitFor();
  await page.waitForFunction(() => document.querySelector('.studies')?.textContent.includes('2 trials'));
  const info = (await server.get('/studies')).studies[0];
  const text = await row.innerText();
  assert.match(text, /running/);
  assert.match(text, new RegExp(`target ${info.spec.target}`));
  assert.match(text, /of 120 trials/);
  assert.match(text, /W1, W2/);
  const points = (await row.locator('.sparkline polyline').getAttribute('points')).split(' ');
  assert.equal(points.length, info.sparkline.length);
  await picture(page, 'studies-light-wide');
});

test('a dropped file with mistakes shows all of them in place, and makes a study once they are mended', async () => {
  const {page} = browser;
  await drop(page, '{"name": "dropped", "direction": "up", "params": {"x": {"type": "float", "low": 1}}}');
  const dialog = page.getByRole('dialog', {name: 'New study'});
  await dialog.getByRole('button', {name: 'Create'}).click();
  const problems = dialog.getByRole('alert').getByRole('listitem');
  await problems.first().waitFor();
  const told = await problems.allInnerTexts();
  assert.ok(told.length >= 2, told.join('; '));
  assert.ok(told.some(text => text.includes('/direction')), told.join('; '));
  await picture(page, 'create-light-wide');

  const file = '{"name": "dropped", "direction": "minimize", /* a comment */ "params": {"x": {"type": "float", "low": 1, "high": 2}}}';
  await dialog.getByRole('textbox').fill(file);
  await dialog.getByRole('button', {name: 'Create'}).click();
  await page.waitForURL('**/studies/dropped');
  await page.getByRole('heading', {name: 'dropped'}).waitFor();
  assert.equal((await server.get('/studies/dropped')).spec.params.x.low, 1);
});

test('it is usable on a phone', async () => {
  const {page} = browser;
  await page.setViewportSize({width: 390, height: 800});
  await page.goto(server.url);
  await page.getByRole('link', {name: 'heat'}).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, 'nothing sticks out');
  await picture(page, 'studies-light-narrow');
  await page.emulateMedia({colorScheme: 'dark'});
  await picture(page, 'studies-dark-narrow');
  await page.emulateMedia({colorScheme: 'light'});
});

test('nothing was complained of, nothing left the machine', () => assert.deepEqual(browser.faults, []));
