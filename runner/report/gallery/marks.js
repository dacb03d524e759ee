// @ts-check
/** Marks: picks, rejections, stars and notes; undo, autosave, and the text of the marks file. */

/** @type {Mark} */
const UNMARKED = Object.freeze({ mark: null, stars: 0, note: '' });
const STORE = `vidu-run marks ${DATA.key}`;
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|[yn])$)[a-z_][a-z0-9_.-]*$/i;

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

/** What this browser has kept, or else the first reviewer's marks. */
function loadMarks() {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(STORE) ?? 'null');
  } catch (error) {
    announce(t('not_kept', { error }));
  }
  marks = kept ? marksOf(kept) : new Map(REVIEWERS[0]?.marks);
}

function keepMarks() {
  const entries = marked().map((job) => [job.id, { fingerprint: job.fp, ...markOf(job) }]);
  try {
    localStorage.setItem(STORE, JSON.stringify(Object.fromEntries(entries)));
  } catch (error) {
    announce(t('not_kept', { error }));
  }
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

/** The jobs whose marks are as before. @returns {Job[]} */
function undoMarks() {
  const before = changes.pop() ?? new Map();
  before.forEach((mark, id) => setMark(id, mark));
  keepMarks();
  return [...before.keys()].map((id) => BY_ID.get(id));
}

/** @param {string} id @param {Mark} mark */
function setMark(id, mark) {
  if (mark.mark || mark.stars || mark.note) marks.set(id, mark);
  else marks.delete(id);
}

/** Text as a YAML scalar inside `{}`: JSON's strings are YAML's, but for a few characters.
 * @param {string} text */
function yamlText(text) {
  if (PLAIN.test(text)) return text;
  const code = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text.toWellFormed()).replace(/[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g, code);
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
  const parts = [`id: ${yamlText(job.id)}`, `fingerprint: ${print}`, mark && `mark: ${mark}`,
    stars && `stars: ${stars}`, note && `note: ${yamlText(note)}`];
  return `  - {${parts.filter(Boolean).join(', ')}}`;
}

/** Write the file that was chosen before; otherwise let the browser ask, or download. */
async function saveMarks() {
  try {
    if ('showSaveFilePicker' in window) await writeMarks();
    else download(DATA.marks_file, marksText());
    announce(t('saved', { file: DATA.marks_file }));
  } catch (error) {
    announce(error.name === 'AbortError' ? t('not_saved') : t('save_failed', { error }));
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
