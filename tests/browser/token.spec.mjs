// A server that asks for tokens: the page comes without one, and asks.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Browser, Server} from './harness.mjs';

let server;
let browser;
let token;
before(async () => {
  const prepare = async made => {
    token = /sh_[0-9a-f]{64}/.exec(await made.run('token', 'create', 'ann', '--role', 'admin'))[0];
  };
  [server, browser] = await Promise.all([Server.start({args: ['--require-tokens'], prepare}), Browser.start()]);
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

test('the page asks for a token, refuses a wrong one, and follows a study with a right one', async () => {
  const {page} = browser;
  await page.goto(server.url);
  const field = page.getByLabel('Token');
  await field.fill('sh_wrong');
  await page.getByRole('button', {name: 'Open'}).click();
  await page.getByText('does not take this token').waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', {name: 'Open'}).click();
  await page.getByText('No study yet').waitFor();

  const headers = {Authorization: `Bearer ${token}`};
  await server.call('POST', '/studies', {name: 's', direction: 'minimize', params: {x: {type: 'float', low: 0, high: 1}}}, headers);
  await page.getByRole('link', {name: 's', exact: true}).click();
  await page.locator('.live.on').waitFor();
  const {trials} = await server.call('POST', '/studies/s/ask', {}, headers);
  await server.call('POST', `/studies/s/trials/${trials[0].number}/tell`, {value: 0.5}, headers);
  await page.locator('.plot[data-points="1"]').first().waitFor();
  assert.deepEqual(browser.faults, []);
});

test('nothing of a study is told without', async () => {
  const response = await fetch(`${server.url}/api/v1/studies`);
  assert.equal(response.status, 401);
  assert.equal((await fetch(`${server.url}/studies/s`)).status, 200);
});
