// A real server with its own folder and a headless Chromium with its own profile, for one test file.
//
// STUDY names the program, STUDY_NODE_MODULES the folder with playwright-core, STUDY_CHROMIUM the browser.
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const program = process.env.STUDY;
const chromium = process.env.STUDY_CHROMIUM ?? '/usr/bin/chromium';

// What ctest takes for "skipped" (tests/CMakeLists.txt).
const kSkipped = 77;

if (!existsSync(chromium)) {
  console.log(`skipped: there is no ${chromium} (scripts/setup.sh installs it; STUDY_CHROMIUM names another)`);
  process.exit(kSkipped);
}

// Ended with us, whatever becomes of the test.
const running = new Set();
process.on('exit', () => running.forEach(one => one.kill('SIGKILL')));

export class Server {
  // Starts `study serve` on a free port, after `prepare`; resolves once it answers.
  static async start({args = [], prepare = async () => {}} = {}) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), 'study-browser-'));
    server.env = {PATH: process.env.PATH, HOME: server.folder, STUDY_DB: join(server.folder, 'studies.db')};
    await prepare(server);
    server.process = spawn(program, ['serve', '--port', '0', ...args], {cwd: server.folder, env: server.env});
    running.add(server.process);
    server.url = await new Promise((found, failed) => {
      let said = '';
      const hear = text => {
        said += text;
        const url = /https?:\/\/[^\s"]+:\d+/.exec(said);
        if (url) found(url[0]);
      };
      server.process.stdout.on('data', hear);
      server.process.stderr.on('data', hear);
      server.process.on('exit', code => failed(new Error(`study serve ended with ${code}: ${said}`)));
    });
    return server;
  }

  async call(method, path, body, headers = {}) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
  post(path, body = {}) {
    return this.call('POST', path, body);
  }
  get(path) {
    return this.call('GET', path);
  }

  // What the program answers on its command line, in this server's folder.
  run(...args) {
    return new Promise((done, failed) => {
      const child = spawn(program, args, {cwd: this.folder, env: this.env});
      let out = '';
      child.stdout.on('data', text => (out += text));
      child.on('error', failed);
      child.on('exit', code => (code === 0 ? done(out) : failed(new Error(`study ${args.join(' ')}: ${code}`))));
    });
  }

  async stop() {
    this.process.removeAllListeners('exit');
    const ended = new Promise(done => this.process.once('exit', done));
    this.process.kill('SIGTERM');
    await ended;
    running.delete(this.process);
    rmSync(this.folder, {recursive: true, force: true});
  }
}

export class Browser {
  static async start() {
    const require = createRequire(join(process.env.STUDY_NODE_MODULES, 'here.js'));
    const {chromium: engine} = require('playwright-core');
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), 'study-chromium-'));
    mkdirSync(join(browser.profile, 'home'));
    browser.faults = [];
    browser.context = await engine.launchPersistentContext(join(browser.profile, 'profile'), {
      executablePath: chromium,
      headless: true,
      viewport: {width: 1360, height: 900},
      env: {...process.env, HOME: join(browser.profile, 'home')},
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    browser.page = browser.context.pages()[0] ?? (await browser.context.newPage());
    browser.watch(browser.page);
    return browser;
  }

  // Faults: what the page complains of (scripts, policy), and requests that leave the machine.
  watch(page) {
    page.on('pageerror', error => this.faults.push(`error: ${error.message}`));
    page.on('console', message => {
      const refused = /status of (401|404|409|410|422)/.test(message.text());
      if (message.type() === 'error' && !refused) this.faults.push(`console: ${message.text()}`);
    });
    page.on('request', request => {
      const {hostname, protocol} = new URL(request.url());
      if (protocol.startsWith('http') && hostname !== '127.0.0.1') this.faults.push(`request: ${request.url()}`);
    });
  }

  async stop() {
    await this.context.close();
    rmSync(this.profile, {recursive: true, force: true});
  }
}

// How many colours a chart's canvas shows: an empty one has one.
export async function coloursOf(chart) {
  return chart.locator('canvas').first().evaluate(canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 0) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
    return seen.size;
  });
}

export const chartOf = (page, title) =>
  page.locator('figure.chart', {has: page.getByRole('heading', {name: title, exact: true})});

// Waits until the chart is drawn, and tells how many points it holds. Charts far below are made when they come near.
export async function drawn(page, title) {
  const chart = chartOf(page, title);
  for (let y = 0; !(await chart.count()) && y < 20; ++y) {
    await page.waitForTimeout(100);
    await page.mouse.wheel(0, 400);
  }
  await chart.scrollIntoViewIfNeeded();
  const plot = chart.locator('.plot');
  await plot.and(page.locator('[data-drawn]')).waitFor({timeout: 10_000});
  return {points: Number(await plot.getAttribute('data-points')), colours: await coloursOf(plot)};
}

// Where pictures go, if anywhere: for a person to look at.
export async function picture(page, name, fullPage = true) {
  const folder = process.env.STUDY_PICTURES;
  if (!folder) return;
  mkdirSync(folder, {recursive: true});
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({path: join(folder, `${name}.png`), fullPage});
}
