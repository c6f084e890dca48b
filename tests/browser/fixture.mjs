// Studies with something of everything, made through the API as workers make them.

// The same numbers at every run: a linear congruential generator (Numerical Recipes).
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const normal = random => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const studyFile = {
  name: 'heat',
  direction: 'maximize',
  seed: 7,
  params: {
    threshold: {type: 'float', low: 0.28, high: 0.42, default: 0.35},
    sigma: {type: 'float', low: 0.05, high: 0.5, log: true, default: 0.2},
    strategy: {type: 'categorical', choices: ['smart', 'random', 'triangulation', 'grid'], default: 'smart'},
    refine: {type: 'int', low: 2, high: 6, default: 3},
    fevals: {type: 'int', low: 8, high: 24, default: 20},
  },
  constraints: [{metric: 'runtime_min', max: 60}],
  workers: {
    W1: {focus: ['threshold', 'sigma']},
    W2: {focus: ['strategy', 'refine']},
    W3: {focus: ['fevals', 'sigma']},
  },
  confirm: {replicates: 2},
  limits: {trials: 120, cost_usd: 200, hours: 72},
  target: 1.45,
};

function score(params, random) {
  const strategy = {smart: 0.12, random: -0.08, triangulation: 0.04, grid: -0.15}[params.strategy];
  const threshold = -40 * (params.threshold - 0.335) ** 2;
  const sigma = -0.09 * (Math.log(params.sigma) - Math.log(0.16)) ** 2;
  const refine = -0.012 * (params.refine - 4) ** 2;
  return 1.08 + strategy + threshold + sigma + refine + 0.006 * (params.fevals - 14) + 0.012 * normal(random);
}

// One trial from ask to tell. `spoil`: what goes wrong with it.
async function runOne(server, study, worker, random, spoil = '') {
  const {trials} = await server.post(`/studies/${study}/ask`, {worker});
  const trial = trials[0];
  if (!trial) return null;
  const path = `/studies/${study}/trials/${trial.number}`;
  const lease = trial.lease.token;
  if (spoil === 'config') {
    return server.post(`${path}/tell`, {state: 'failed', reason: 'config', note: 'out of memory', usage: {cost_usd: 0.2}, lease});
  }
  const value = score(trial.params, random);
  for (let step = 1; step <= 5; ++step) {
    await server.post(`${path}/report`, {step, value: value - 0.5 / step + 0.01 * normal(random), lease});
  }
  if (spoil === 'pruned') return server.post(`${path}/tell`, {state: 'pruned', usage: {cost_usd: 0.4}, lease});
  return server.post(`${path}/tell`, {
    value,
    metrics: {runtime_min: 30 + 1.6 * trial.params.fevals * (trial.params.refine / 4) + 2 * normal(random)},
    usage: {cost_usd: 0.8 + 0.4 * random(), turns: 12, seconds: 3000},
    evidence: {attested: true, command: ['python3', 'evaluate.py'], exit_code: 0, commit: '1f3a9c2', diff: '--- a/run.py\n+++ b/run.py\n@@ -1 +1 @@\n-step = 3\n+step = 4\n'},
    lease,
  });
}

// `count` trials of three workers; some fail, some are pruned.
export async function fill(server, {study = 'heat', count = 60, file = studyFile} = {}) {
  const random = generator(11);
  await server.post('/studies', {...file, name: study});
  const workers = ['W1', 'W2', 'W3'];
  for (let i = 0; i < count; ++i) {
    const spoil = i % 17 === 9 ? 'config' : i % 11 === 6 ? 'pruned' : '';
    await runOne(server, study, workers[i % 3], random, spoil);
  }
  return random;
}

// What a study in full swing has besides: running, parked and waiting trials, insights, tasks, files.
export async function liven(server, {study = 'heat'} = {}) {
  const path = `/studies/${study}`;
  await server.call('PUT', `${path}/trials/0/artifacts/run.log`, 'epoch 1 of 3\nepoch 2 of 3\nepoch 3 of 3\nscore 1.09\n', {'Content-Type': 'text/plain'});
  await server.post(`${path}/insights`, {text: 'Grid starts waste evaluations: triangulation is as good and cheaper.', author: 'ann', trial: 2});
  await server.post(`${path}/insights`, {text: 'Thresholds above 0.39 never helped.', author: 'W1'});
  await server.post(`${path}/trials/1/void`, {reason: 'the machine was overloaded', author: 'ann'});
  const first = await server.post(`${path}/enqueue`, {params: {threshold: 0.331}, priority: 2, title: 'Ann tries the edge'});
  await server.post(`${path}/enqueue`, {params: {strategy: 'triangulation'}, after: first.numbers, tags: ['gpu']});
  await server.post(`${path}/tasks`, {title: 'Vectorise the solver', priority: 'high', tags: ['cpp']});
  await server.post(`${path}/tasks`, {title: 'Describe it', after: [0]});
  await server.post(`${path}/ask`, {worker: 'W1'});
  const parked = (await server.post(`${path}/ask`, {worker: 'W2'})).trials[0];
  await server.post(`${path}/trials/${parked.number}/park`, {for_s: 1800, reason: 'rate limit', lease: parked.lease.token});
  const enqueued = await server.post(`${path}/enqueue`, {params: {threshold: 0.3401, fevals: 19}, priority: 1});
  return {parked: parked.number, enqueued: enqueued.numbers[0]};
}

export const tellOne = (server, study, worker, random) => runOne(server, study, worker, random);

export const severalFile = {
  name: 'trade-off',
  directions: ['minimize', 'maximize'],
  seed: 3,
  params: {x: {type: 'float', low: 0, high: 5}, y: {type: 'float', low: 0, high: 3}},
  sampler: {name: 'tpe'},
};

// Two objectives: Binh and Korn's, the second turned round.
export async function fillSeveral(server, count = 40) {
  await server.post('/studies', severalFile);
  for (let i = 0; i < count; ++i) {
    const [trial] = (await server.post('/studies/trade-off/ask', {worker: `W${(i % 2) + 1}`})).trials;
    const {x, y} = trial.params;
    await server.post(`/studies/trade-off/trials/${trial.number}/tell`, {
      values: [4 * x * x + 4 * y * y, -((x - 5) ** 2 + (y - 5) ** 2)],
      lease: trial.lease.token,
    });
  }
}
