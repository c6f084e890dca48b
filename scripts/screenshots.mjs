// For scripts/screenshots.sh: serves the browser tests' studies and takes the pictures of doc/dashboard.md.
import {join} from 'node:path';
import {fill, fillSeveral, liven} from '../tests/browser/fixture.mjs';
import {Browser, drawn, Server} from '../tests/browser/harness.mjs';

const folder = process.argv[2];
// Name, address, chart or place that must be seen, colours, size.
const pictures = [
  ['dashboard', 'heat', 'Optimization history', 'light', 1360, 1000],
  ['dashboard-dark', 'heat', 'Optimization history', 'dark', 1360, 1000],
  ['dashboard-plots', 'heat/plots', 'Intermediate values', 'light', 1360, 1560],
  ['dashboard-timeline', 'heat/timeline', 'Timeline', 'light', 1360, 560],
  ['dashboard-queue', 'heat/queue', '.graph', 'light', 1360, 900],
  ['dashboard-trial', 'heat/trials?trial=0', '.tail', 'light', 1360, 900],
  ['dashboard-leaderboard', 'heat', '.leaderboard', 'light', 1360, 900],
  ['dashboard-pareto', 'trade-off', 'Pareto front', 'dark', 1360, 900],
  ['dashboard-phone', 'heat', 'Optimization history', 'light', 390, 844],
];

const [server, browser] = await Promise.all([Server.start(), Browser.start()]);
try {
  await fill(server, {count: 84});
  await liven(server);
  await fillSeveral(server, 60);
  const {page} = browser;
  for (const [name, path, seen, colorScheme, width, height] of pictures) {
    await page.emulateMedia({colorScheme});
    await page.setViewportSize({width, height});
    await page.goto(`${server.url}/studies/${path}`);
    await page.locator('.live.on').waitFor();
    if (seen.startsWith('.')) await page.locator(seen).scrollIntoViewIfNeeded();
    else await drawn(page, seen);
    await page.screenshot({path: join(folder, `${name}.png`)});
    console.log(`${name}.png`);
  }
} finally {
  await browser.stop();
  await server.stop();
}
