// Typeahead: <input data-combobox="/lookup/drugs" data-combobox-target="id-of-hidden-input">.
// What is not allowed is shown in red with its reason, is never chosen beforehand and cannot be picked.
import { all, composing, make, onContent, text } from './page.js';
import { getJson } from './http.js';
import { move } from './fields.js';

const state = { input: null, rows: [], index: -1, request: null, timer: 0, pickOnArrival: false, wanted: -1, isPending: false };
const list = make('div', 'listbox');
list.id = 'his-listbox';
list.hidden = true;
list.setAttribute('role', 'listbox');
const live = make('div', 'sr-only');
live.setAttribute('aria-live', 'polite');

function target(input) {
  return document.getElementById(input.dataset.comboboxTarget || '');
}

function isOpen(input) {
  return state.input === input && !list.hidden;
}

function close() {
  clearTimeout(state.timer);
  state.request?.abort();
  state.input?.setAttribute('aria-expanded', 'false');
  state.input?.removeAttribute('aria-activedescendant');
  Object.assign(state, { input: null, rows: [], index: -1, request: null, pickOnArrival: false, wanted: -1, isPending: false });
  list.hidden = true;
}

function place() {
  const box = state.input.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - 8;
  const needed = Math.min(list.scrollHeight + 10, window.innerHeight * 0.6);
  list.style.minWidth = `${Math.max(box.width, 260)}px`;
  list.style.maxWidth = `${window.innerWidth - 16}px`;
  list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - list.offsetWidth - 8))}px`;
  const above = below < needed && box.top > below;
  list.style.maxHeight = `${Math.max(120, above ? box.top - 12 : below)}px`;
  list.style.top = above ? `${Math.max(4, box.top - 4 - Math.min(needed, box.top - 12))}px` : `${box.bottom + 3}px`;
}

function address(input, typed) {
  const url = new URL(input.dataset.combobox, location.href);
  url.searchParams.set('q', typed);
  for (const name of (input.dataset.comboboxWith || '').split(/[\s,]+/).filter(Boolean)) {
    const field = input.form?.elements[name];
    if (field?.value) url.searchParams.set(name, field.value);
  }
  return url;
}

async function search(input) {
  state.request?.abort();
  const request = new AbortController();
  Object.assign(state, { input, request });
  let answer;
  try {
    answer = await getJson(address(input, input.value.trim()), request.signal);
  } catch (failure) {
    if (failure.name !== 'AbortError' && state.request === request) show(input, [], text('lookup_failed'));
    return;
  }
  if (state.request !== request || document.activeElement !== input) return;
  if (answer === null) close();
  else show(input, answer.rows);
}

function show(input, rows, message = text('no_match')) {
  state.input = input;
  state.rows = rows;
  state.isPending = false;
  state.index = rows.findIndex((row) => !row.blocked);
  (input.closest('dialog') || document.body).append(list, live);
  list.setAttribute('aria-label', input.getAttribute('aria-label') || input.labels?.[0]?.textContent || '');
  const options = make('div', 'options');
  options.setAttribute('role', 'presentation');
  options.append(...rows.map(option));
  list.replaceChildren(options);
  if (!rows.length) list.replaceChildren(make('div', 'option-none', message));
  live.textContent = rows.length ? text('options_found', { n: rows.length }) : message;
  list.hidden = false;
  input.setAttribute('aria-expanded', 'true');
  mark();
  place();
  if (state.pickOnArrival) {
    const wanted = state.wanted >= 0 ? state.wanted : state.index;
    Object.assign(state, { pickOnArrival: false, wanted: -1 });
    pick(wanted);
  }
}

function option(row, index) {
  const element = make('div', `option${row.blocked ? ' blocked' : ''}`);
  element.id = `his-option-${index}`;
  element.dataset.index = index;
  element.setAttribute('role', 'option');
  if (row.blocked) {
    element.setAttribute('aria-disabled', 'true');
    element.title = row.blocked;
  }
  element.append(make('span', 'option-mark', row.mark || String(index + 1)));
  if (row.code) element.append(make('span', 'option-code', row.code));
  element.append(make('span', 'option-text', row.text));
  for (const cell of row.columns || []) element.append(make('span', 'option-cell', cell));
  if (row.blocked) element.lastChild.append(make('span', 'sr-only', row.blocked));
  return element;
}

function mark() {
  for (const element of list.querySelectorAll('.option')) {
    const on = Number(element.dataset.index) === state.index;
    element.classList.toggle('on', on);
    element.setAttribute('aria-selected', String(on));
    if (on) element.scrollIntoView({ block: 'nearest' });
  }
  if (state.index >= 0) state.input.setAttribute('aria-activedescendant', `his-option-${state.index}`);
  else state.input.removeAttribute('aria-activedescendant');
}

function step(by) {
  if (!state.rows.length) return;
  state.index = (state.index + by + state.rows.length) % state.rows.length;
  mark();
}

function explain(row) {
  const line = list.querySelector('.option-why') || list.appendChild(make('div', 'option-why'));
  line.textContent = `${text('blocked')}: ${row.blocked}`;
  live.textContent = line.textContent;
  place();
}

function pick(index) {
  const row = state.rows[index];
  const { input } = state;
  if (!row) return;
  if (row.blocked) {
    explain(row);
    return;
  }
  close();
  if ('palette' in input.dataset) {
    if (row.extra?.url) location.assign(row.extra.url);
    return;
  }
  input.value = row.text;
  input.classList.remove('bad');
  input.removeAttribute('aria-invalid');
  input.dataset.picked = row.text;
  const hidden = target(input);
  if (hidden) hidden.value = row.id;
  fill(input, row.extra || {});
  input.dispatchEvent(new CustomEvent('his:picked', { bubbles: true, detail: row }));
  hidden?.dispatchEvent(new Event('change', { bubbles: true }));
  if (!('comboboxStay' in input.dataset)) move(input);
}

/** Put what the row knows into the fields beside it: <input data-fill="unit">, <span data-fill="price">. */
function fill(input, extra) {
  const scope = input.closest('tr, [data-fill-scope]') || input.form || document;
  for (const element of scope.querySelectorAll('[data-fill]')) {
    const value = extra[element.dataset.fill];
    if (value === undefined || value === null) continue;
    if ('value' in element && element.tagName !== 'LI') element.value = value;
    else element.textContent = value;
  }
}

onContent((root) => {
  for (const input of all(root, '[data-combobox]')) {
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-expanded', 'false');
    input.setAttribute('aria-controls', list.id);
    input.setAttribute('autocomplete', 'off');
  }
  if (!list.isConnected) document.body.append(list, live);
});

function typed(input) {
  const hidden = target(input);
  if (hidden && hidden.value && input.value !== input.dataset.picked) {
    hidden.value = '';
    input.dispatchEvent(new CustomEvent('his:cleared', { bubbles: true }));
  }
  clearTimeout(state.timer);
  if (!input.value.trim()) {
    close();
    return;
  }
  if (state.input !== input) close();
  state.request?.abort(); // an answer to half a name must not be picked for the whole one
  state.request = null;
  state.input = input;
  state.rows = [];
  state.index = -1;
  state.isPending = true;
  state.timer = setTimeout(() => search(input), 60);
}

document.addEventListener('input', (event) => {
  if (event.target.matches?.('[data-combobox]') && !event.isComposing) typed(event.target);
});
document.addEventListener('compositionend', (event) => {
  if (event.target.matches?.('[data-combobox]')) typed(event.target);
});

// In the capturing phase: an open list comes before the page's keys and before the move to the next field.
document.addEventListener(
  'keydown',
  (event) => {
    const input = event.target;
    if (!input.matches?.('[data-combobox]') || composing(event)) return;
    if (handle(input, event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

function handle(input, event) {
  const digit = /^Digit([1-8])$/.exec(event.code);
  if (!isOpen(input)) {
    if (event.key === 'ArrowDown' && !event.altKey && !(input.closest('[data-grid]') && !input.value)) {
      search(input);
      return true;
    }
    if (event.altKey && digit && 'comboboxFavourites' in input.dataset && !input.value) {
      Object.assign(state, { pickOnArrival: true, wanted: Number(digit[1]) - 1 });
      search(input); // what is often used comes first for an empty text
      return true;
    }
    const searching = state.input === input && input.value.trim() && target(input)?.value !== '' ? false : state.input === input;
    if (event.key === 'Enter' && !event.shiftKey && searching && (state.timer || state.request)) {
      state.pickOnArrival = true;
      return true;
    }
    return 'palette' in input.dataset && event.key === 'Enter';
  }
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') step(event.key === 'ArrowDown' ? 1 : -1);
  else if (event.key === 'Enter' && !event.shiftKey) {
    if (state.rows.length === 0) {
      state.pickOnArrival = state.isPending; // typed faster than the answer came
      return true;
    }
    pick(state.index >= 0 ? state.index : 0);
  } else if (event.altKey && digit) pick(Number(digit[1]) - 1);
  else if (event.key === 'Escape') close();
  else {
    if (event.key === 'Tab') close();
    return false;
  }
  return true;
}

list.addEventListener('mousedown', (event) => event.preventDefault()); // keeps the focus in the field
list.addEventListener('click', (event) => {
  const element = event.target.closest('.option');
  if (element) pick(Number(element.dataset.index));
});

document.addEventListener('focusout', (event) => {
  const input = event.target;
  if (!input.matches?.('[data-combobox]')) return;
  if (state.input === input) close();
  const hidden = target(input);
  const unresolved = hidden && !('comboboxFree' in input.dataset) && input.value.trim() && !hidden.value;
  if (unresolved) {
    input.classList.add('bad');
    input.setAttribute('aria-invalid', 'true');
  } else if (!input.value.trim() && !input.getAttribute('aria-describedby')) {
    input.classList.remove('bad');
    input.removeAttribute('aria-invalid');
  }
});

document.addEventListener('scroll', (event) => {
  if (!list.hidden && event.target !== list) place();
}, true);
window.addEventListener('resize', () => !list.hidden && place());

// <button data-favourite="1" data-favourite-of="table-id">: the first of what is often used, into the empty row.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-favourite]');
  if (!button) return;
  const inputs = [...document.querySelectorAll(`#${CSS.escape(button.dataset.favouriteOf)} [data-combobox-favourites]`)];
  const input = inputs.filter((candidate) => !candidate.value).pop();
  if (!input) return;
  input.focus();
  Object.assign(state, { pickOnArrival: true, wanted: Number(button.dataset.favourite) - 1 });
  search(input);
});
