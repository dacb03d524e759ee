// @ts-check
/** Data: the jobs as the page uses them, made once from the JSON that the server wrote. */

/** @typedef {{credits?: number, cny?: number}} Amount */
/** @typedef {{mark: 'picked' | 'rejected' | null, stars: number, note: string}} Mark */
/** @typedef {{kind: string, src: string | null, thumb: string | null, preview: string | null,
 *   w: number | null, h: number | null, seconds: number | null, fps: number | null, bytes: number,
 *   name: string, peaks: number[], gone: string | null, role: string | null}} Media */
/** @typedef {{id: string, stack: string, take: number | null, op: string, makes: string, state: string,
 *   reason: string | null, reused: boolean, prompt: string, model: string | null,
 *   params: Record<string, any>, tags: string[], axes: Record<string, string>, seed: number | null,
 *   cost: Amount | null, estimate: Amount | null, task: string | null, fp: string, attempts: number,
 *   at: [number | null, number | null], labels: string[], from: string[], into: string[],
 *   error: {code: string, message: string, class: string, billed: string, advice?: string} | null,
 *   warnings: {code: string, message: string}[], files: Media[],
 *   index: number, file: Media | null, amount: Amount | null, hay: string}} Job */
/** @typedef {{name: string, values: string[]}} Axis */

const FILE = { src: null, thumb: null, preview: null, w: null, seconds: null, fps: null, peaks: [], gone: null, role: null };
const JOB = { take: null, reason: null, prompt: '', model: null, params: {}, tags: [], axes: {}, seed: null, cost: null,
  estimate: null, task: null, at: [null, null], error: null, warnings: [], labels: [], from: [], into: [], files: [] };

/** Text for comparing: without regard to case and to how accents are encoded. @param {string} text */
const fold = (text) => text.normalize('NFC').toLowerCase();

const DATA = JSON.parse($('data').textContent);

/** @type {Job[]} */
const JOBS = DATA.jobs.map((raw, index) => {
  const job = { ...JOB, ...raw, index };
  job.files = job.files.map((file) => ({ ...FILE, ...file }));
  job.file = job.files.find((file) => !file.role) ?? null;
  job.amount = job.cost ?? job.estimate;
  job.hay = fold([job.id, job.prompt, job.state, job.op, job.model, job.seed, ...job.tags,
    ...Object.values(job.axes), job.error?.code, job.error?.message].join('\n'));
  return job;
});

const BY_ID = new Map(JOBS.map((job) => [job.id, job]));
const STACKS = groupBy(JOBS, (job) => [job.stack]);

/** @type {Axis[]} */
const AXES = DATA.axes;

/** @template T @param {T[]} list @param {(each: T) => string[]} keys @returns {Map<string, T[]>} */
function groupBy(list, keys) {
  const groups = new Map();
  for (const each of list) {
    for (const key of keys(each)) groups.get(key)?.push(each) ?? groups.set(key, [each]);
  }
  return groups;
}

/** The job's values on an axis; none where it has none. @param {Job} job @param {string} axis */
function axisValues(job, axis) {
  if (Object.hasOwn(job.axes, axis)) return [job.axes[axis]];
  const value = { take: job.take, model: job.model, op: job.op }[axis];
  return value == null ? [] : [String(value)];
}

/** What it cost, or else what it is expected to: one number, whatever the unit. @param {Job} job */
const costOf = ({ amount }) => amount?.credits ?? amount?.cny ?? 0;

/** Seconds from submission to result. @param {Job} job */
const madeIn = ({ at: [from, to] }) => (from && to ? to - from : 0);
