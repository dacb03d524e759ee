// @ts-check
/** Marks: picks, rejections, stars and notes; undo, autosave, and the text of the marks file. */

/** @type {Mark} */
const UNMARKED = Object.freeze({ mark: null, stars: 0, note: '' });
const STORE = `vidu-run marks ${DATA.key}`;
const PLAIN = /^(?!(true|false|null|nan|inf|yes|no|on|off|[yn])$)\p{L}([\p{L}\p{N}_.-]| [\p{L}\p{N}])*$/iu;

/** @type {Map<string, Mark>} */
let marks = new Map();
/** @type {Map<string, Mark>[]} what was changed, as it was before; the last change at the end */
const changes = [];
/** @type {any} a FileSystemFileHandle, once somebody has chosen a file */
let markFile = null;

/** @param {Job} job */
const markOf = (job) => marks.get(job.id) ?? UNMARKED;

/** Marks by job, without those of another fingerprint. @param {Record<string, any>} entries */
function marksOf(entries) {
  const known = Object.entries(entries).filter(([id, each]) => BY_ID.get(id)?.fp === each.fingerprint);
  return new Map(known.map(([id, { mark = null, stars, note }]) => [id, { mark, stars: stars ?? 0, note: note ?? '' }]));
}

/** @type {{name: string, marks: Map<string, Mark>}[]} */
const REVIEWERS = DATA.reviewers.map((each) => ({ name: each.name, marks: marksOf(each.marks) }));

/** Whether two files mark this job differently; an unmarked job disagrees with nobody. @param {Job} job */
function reviewersDiffer(job) {
  return new Set(REVIEWERS.map((each) => each.marks.get(job.id)?.mark).filter(Boolean)).size > 1;
}

/** What an action on the browser's store returns; some browsers have none for files. @param {() => any} act */
function inStore(act) {
  try {
    return act();
  } catch (error) {
    return tell('not_kept', { error });
  }
}

/** What this browser has kept, or else the first reviewer's marks. */
function loadMarks() {
  const kept = inStore(() => JSON.parse(localStorage.getItem(STORE) ?? 'null'));
  marks = kept ? marksOf(kept) : new Map(REVIEWERS[0]?.marks);
}

function keepMarks() {
  const entries = marked().map((job) => [job.id, { fingerprint: job.fp, ...markOf(job) }]);
  inStore(() => localStorage.setItem(STORE, JSON.stringify(Object.fromEntries(entries))));
}

/** A note is kept while it is typed; the box has an undo of its own. @param {string} id @param {string} note */
function keepNote(id, note) {
  setMark(id, { ...markOf(BY_ID.get(id)), note });
  keepMarks();
}

/** In the manifest's order. */
const marked = () => JOBS.filter((job) => marks.has(job.id));

/** Change the marks of these jobs; undo brings back all of them at once.
 * @param {Job[]} jobs @param {(mark: Mark, job: Job) => Partial<Mark>} change */
function changeMarks(jobs, change) {
  changes.push(new Map(jobs.map((job) => [job.id, markOf(job)])));
  for (const job of jobs) setMark(job.id, { ...markOf(job), ...change(markOf(job), job) });
  keepMarks();
}

/** The last change, and all that it changed, is taken back. */
function undo() {
  const before = changes.pop() ?? new Map();
  before.forEach((mark, id) => setMark(id, mark));
  keepMarks();
  showMarks([...before.keys()].map((id) => BY_ID.get(id)));
  tell('undone', { n: before.size });
}

/** @param {string} id @param {Mark} mark */
function setMark(id, mark) {
  if (mark.mark || mark.stars || mark.note) marks.set(id, mark);
  else marks.delete(id);
}

/** A value in YAML's flow style, which JSON is, but for a few characters: as `flow_text` in
 * runner/documents/dump.py. @param {any} value */
function yaml(value) {
  if (typeof value === 'string' && PLAIN.test(value)) return value;
  const code = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const json = JSON.stringify(value, (_, each) => (typeof each === 'string' ? each.toWellFormed() : each));
  return json.replace(/[\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]/g, code);
}

/** The marks file: one line a job, in the manifest's order. */
function marksText() {
  const lines = marked().map(markLine);
  return ['version: 1', lines.length ? 'marks:' : 'marks: []', ...lines, ''].join('\n');
}

/** @param {Job} job */
function markLine(job) {
  const { mark, stars, note } = markOf(job);
  const print = /[abcdf]/.test(job.fp) ? job.fp : `"${job.fp}"`; // 12e34 would be a number
  const parts = [`id: ${yaml(job.id)}`, `fingerprint: ${print}`, mark && `mark: ${mark}`,
    stars && `stars: ${stars}`, note && `note: ${yaml(note)}`];
  return `  - {${parts.filter(Boolean).join(', ')}}`;
}

/** Write the file that was chosen before; otherwise let the browser ask, or download. */
async function saveMarks() {
  try {
    if ('showSaveFilePicker' in window) await writeMarks();
    else download(DATA.marks_file, marksText());
    tell('saved', { file: DATA.marks_file });
  } catch (error) {
    tell(error.name === 'AbortError' ? 'not_saved' : 'save_failed', { error });
  }
}

async function writeMarks() {
  // @ts-ignore: of Chromium alone
  markFile ??= await window.showSaveFilePicker({ suggestedName: DATA.marks_file });
  const stream = await markFile.createWritable();
  await stream.write(marksText());
  await stream.close();
}

/** @param {string} file @param {string} text */
function download(file, text) {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  h('a', { href: address, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
