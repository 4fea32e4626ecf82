// The one registry of keys. A control declares its key with data-key="F8"; the hint bar shows what is registered.
// Scripts name keys as the standard has them; the page says which keys its reader has instead.
import { composing, config, make, onContent, text, visible } from './page.js';

const names = { Insert: 'Ins', Delete: 'Del', Escape: 'Esc', ' ': 'Space' };
const builtIn = []; // {key, label, run, when}: lower rank than a control's own; without `run` it is only shown

/** The reader's key for what the standard does with `key`. */
function keyOf(key) {
  return config.keys?.[key] || key;
}

/** Declare a key that belongs to no control. `when()` says whether it makes sense on this page. */
export function register(declared) {
  const entry = { ...declared, key: keyOf(declared.key) };
  if (builtIn.some((other) => other.key === entry.key)) console.error(`Key ${entry.key} is registered twice`);
  else builtIn.push(entry);
}

function combination(event) {
  const letter = event.altKey && /^Key([A-Z])$/.exec(event.code); // with Alt some keyboards make another sign
  const key = letter?.[1] || names[event.key] || (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  const shift = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${key}`;
}

function scopeOf(element) {
  return element.closest('dialog') || document;
}

function currentScope() {
  return [...document.querySelectorAll('dialog:modal')].pop() || document;
}

/** The keys that work now: an open dialog has its own. */
export function entries(scope = currentScope()) {
  const found = new Map();
  for (const element of document.querySelectorAll('[data-key]')) {
    if (scopeOf(element) !== scope || element.closest('[hidden]')) continue;
    const { key } = element.dataset;
    if (found.has(key)) console.error(`Key ${key} is declared twice on this page`, element);
    else found.set(key, { key, label: labelOf(element), run: () => press(element), quiet: 'keyQuiet' in element.dataset });
  }
  for (const entry of builtIn) {
    if (!found.has(entry.key) && (!entry.when || entry.when(scope))) found.set(entry.key, entry);
  }
  return found;
}

function labelOf(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  if (element.labels?.length) return element.labels[0].textContent.trim();
  const copy = element.cloneNode(true);
  for (const kbd of copy.querySelectorAll('kbd')) kbd.remove();
  return copy.textContent.trim() || element.getAttribute('aria-label') || '';
}

function press(element) {
  if (element.disabled || element.getAttribute('aria-disabled') === 'true') return;
  if (element.matches('input:not([type=button], [type=submit]), select, textarea')) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function rank(entry) {
  const number = /^F(\d+)$/.exec(entry.key);
  return number ? Number(number[1]) : entry.key.includes('F') ? 20 : 30;
}

function hint(entry) {
  const item = make('span', 'hint');
  item.append(make('kbd', 'kbd', entry.key.replaceAll('+', ' ')), make('span', '', entry.label));
  return item;
}

/** Draw the hint bar and the sheet of keys anew. */
export function refresh() {
  const shown = [...entries(document).values()].filter((entry) => entry.label).sort((a, b) => rank(a) - rank(b));
  for (const bar of document.querySelectorAll('[data-hint-bar]')) {
    bar.replaceChildren(...shown.filter((entry) => !entry.quiet).map(hint));
  }
  for (const sheet of document.querySelectorAll('[data-key-sheet]')) {
    sheet.replaceChildren(
      ...shown.flatMap((entry) => {
        const term = make('dt');
        term.append(make('kbd', 'kbd', entry.key.replaceAll('+', ' ')));
        return [term, make('dd', 'key-sheet-what', entry.label)];
      }),
    );
  }
}

function somethingOpen() {
  return Boolean(document.querySelector('dialog[open], .drawer:not(:empty), details[data-menu][open]'));
}

function typing(target) {
  return target.matches?.('input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]');
}

document.addEventListener('keydown', (event) => {
  if (composing(event) || event.defaultPrevented) return;
  const key = combination(event);
  const known = entries();
  const entry = known.get(key) || (key === 'Ctrl+S' ? known.get(keyOf('F2')) : undefined);
  if (entry?.run) {
    if (key === 'Esc' && somethingOpen()) return; // that closes first, by itself
    event.preventDefault();
    if (!event.repeat) entry.run(event);
    return;
  }
  if (key === 'Ctrl+S' || key === 'F7') event.preventDefault(); // the browser's own meaning only disturbs here
  if (key === keyOf('F1') || (key === '?' && !typing(event.target))) {
    event.preventDefault();
    document.getElementById('key-sheet')?.showModal();
    return;
  }
  const digit = /^Digit([1-9])$/.exec(event.code);
  if (event.altKey && !event.ctrlKey && digit) {
    const tabs = [...document.querySelectorAll('[data-tabs]')].find(visible);
    const tab = tabs?.querySelectorAll('.tab')[Number(digit[1]) - 1];
    if (tab) {
      event.preventDefault();
      tab.click();
      tab.focus();
    }
  }
});

let pending = 0;
onContent(() => {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(refresh);
});
document.addEventListener('his:shown', refresh);

register({ key: 'Enter', label: text('next_field'), when: () => Boolean(document.querySelector('.app-main form .in')) });
