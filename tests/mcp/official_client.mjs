// Lists and calls every tool with the official client, over both transports; exits with 1 if anything is amiss.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const require = createRequire(join(resolve(process.env.MCP_SDK_DIR), 'package.json'));
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js');

const program = resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'study-mcp-'));
const environment = { HOME: folder, PATH: process.env.PATH };

function createStudy(name, database) {
  const file = join(folder, `${name}.json`);
  const params = { x: { type: 'float', low: 0, high: 1 }, k: { type: 'int', low: 0, high: 9 } };
  writeFileSync(file, JSON.stringify({ name, direction: 'minimize', seed: 1, params }));
  execFileSync(program, ['create', file, '--db', database], { env: environment });
}

async function exercise(transport, study) {
  const client = new Client({ name: 'tests/mcp', version: '1' });
  await client.connect(transport);
  assert.equal(client.getServerVersion().name, 'studyhall');
  await client.ping();

  const { tools } = await client.listTools();
  const uncalled = new Set(tools.map((tool) => tool.name));
  const call = async (name, args) => {
    uncalled.delete(name);
    const result = await client.callTool({ name, arguments: args });
    assert.notEqual(result.isError, true, `${name}: ${result.content[0].text}`);
    assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
    return result.structuredContent;
  };
  const { studies } = await call('list_studies', {});
  assert.ok(studies.some((one) => one.name === study));
  const { trials: [trial] } = await call('ask', { study, worker: 'W1' });
  const held = { study, number: trial.number, lease: trial.lease.token };
  assert.equal((await call('report', { ...held, step: 1, value: 0.9 })).stop, false);
  assert.equal((await call('tell', { ...held, value: 0.5, metrics: { minutes: 3 } })).new_best, true);
  assert.equal((await call('show', { study })).counts.complete, 1);
  assert.equal((await call('show', { study, number: trial.number })).value, 0.5);
  assert.equal((await call('best', { study, top: 3 })).best[0].value, 0.5);
  assert.equal((await call('trials', { study })).trials.length, 1);
  assert.equal((await call('importance', { study })).trials, 1);
  assert.equal((await call('explain', { study, number: trial.number })).number, trial.number);
  assert.equal((await call('enqueue', { study, params: { x: 0.25 } })).numbers.length, 1);
  assert.equal((await call('add_insight', { study, text: 'small x is good' })).id, 1);
  assert.equal((await call('stop', { study })).stopped, study);
  assert.deepEqual([...uncalled], []);

  const refused = await client.callTool({ name: 'ask', arguments: { study } });
  assert.equal(refused.isError, true);
  await assert.rejects(client.callTool({ name: 'none', arguments: {} }), /-32602/);

  const uri = `study://${study}/best`;
  const { resources } = await client.listResources();
  assert.ok(resources.some((resource) => resource.uri === uri));
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.equal(resourceTemplates[0].uriTemplate, 'study://{study}/best');
  const { contents } = await client.readResource({ uri });
  assert.equal(JSON.parse(contents[0].text).best[0].value, 0.5);
  await client.close();
  return tools.length;
}

function serve(database) {
  const server = spawn(program, ['serve', '--db', database, '--port', '0'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = new Promise((found, failed) => {
    let text = '';
    server.stdout.on('data', (bytes) => {
      text += bytes;
      const match = /(http:\S+)\n/.exec(text);
      if (match) found(match[1]);
    });
    server.on('exit', () => failed(new Error(`no server: ${text}`)));
  });
  return { server, url };
}

const database = join(folder, 'studies.db');
let server;
try {
  createStudy('over_stdio', database);
  createStudy('over_http', database);
  const stdio = new StdioClientTransport({ command: program, args: ['mcp', '--db', database], env: environment });
  console.log(`mcp: stdio: ${await exercise(stdio, 'over_stdio')} tools called`);
  const serving = serve(database);
  server = serving.server;
  const http = new StreamableHTTPClientTransport(new URL('/mcp', await serving.url));
  console.log(`mcp: http: ${await exercise(http, 'over_http')} tools called`);
} finally {
  if (server) {
    server.removeAllListeners('exit');
    const ended = new Promise((done) => server.once('exit', done));
    server.kill();
    await ended;
  }
  rmSync(folder, { recursive: true });
}
