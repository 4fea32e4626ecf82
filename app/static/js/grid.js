// Editable tables: <table class="gt" data-grid="lines"> with <template data-grid-row> holding one row.
// The last row is always the empty one to type into; it is not sent.
import { all, composing, enter, onContent, text } from './page.js';
import { register } from './keys.js';
import { toast } from './toasts.js';

const NAMED = ['name', 'id', 'for', 'data-combobox-target', 'aria-describedby', 'list'];

function rows(table) {
  return [...table.tBodies[0].rows].filter((row) => !row.hasAttribute('data-grid-ignore'));
}

function fields(row) {
  return [...row.querySelectorAll('input, select, textarea')].filter(
    (field) => field.type !== 'hidden' && !field.disabled && !field.readOnly && field.tabIndex >= 0,
  );
}

/** Where typing begins in a row. */
function startOf(row) {
  return row.querySelector('[data-grid-start]') || fields(row)[0];
}

function untouched(field) {
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked === field.defaultChecked;
  if (field.tagName === 'SELECT') {
    const standard = [...field.options].find((option) => option.defaultSelected) || field.options[0];
    return field.value === (standard?.value ?? '');
  }
  return field.type === 'hidden' ? field.value === (field.getAttribute('data-blank') ?? '') || !field.value : field.value === field.defaultValue;
}

/** A row nobody typed into. Rows the server sent filled count as typed. */
function blank(row) {
  const deciding = [...row.querySelectorAll('[data-grid-key]')];
  const chosen = (field) => field.dataset.comboboxTarget && row.querySelector(`[id="${field.dataset.comboboxTarget}"]`)?.value;
  if (deciding.length) return deciding.every((field) => !field.value.trim() && !chosen(field));
  if (!row.hasAttribute('data-grid-new')) return false;
  return [...row.querySelectorAll('[name]')].every(untouched);
}

function reindex(table) {
  const prefix = table.dataset.grid.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const place = new RegExp(`(^|\\s)((?:f-)?${prefix}-)\\d+(?=-)`, 'g');
  const current = rows(table);
  current.forEach((row, index) => {
    for (const element of [row, ...row.querySelectorAll('*')]) {
      for (const name of NAMED) {
        const value = element.getAttribute(name);
        if (value) {
          const next = value.replace(place, `$1$2${index}`);
          if (next !== value) element.setAttribute(name, next);
        }
      }
      if (element.hasAttribute('data-row-number')) element.textContent = index + 1;
    }
    row.classList.toggle('entry', index === current.length - 1 && blank(row) && growing(table));
  });
}

function growing(table) {
  return Boolean(table.querySelector('template[data-grid-row]'));
}

function append(table) {
  const template = table.querySelector('template[data-grid-row]');
  const row = template.content.firstElementChild.cloneNode(true);
  row.setAttribute('data-grid-new', '');
  table.tBodies[0].append(row);
  reindex(table);
  window.htmx?.process(row);
  row.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true, detail: { elt: row } }));
  return row;
}

function changed(table) {
  table.dispatchEvent(new CustomEvent('his:grid-changed', { bubbles: true }));
}

/** Make sure the last row is empty; return it. */
function entryRow(table) {
  const last = rows(table).pop();
  return last && blank(last) ? last : append(table);
}

function add(table) {
  if (!growing(table)) return;
  const first = startOf(entryRow(table));
  if (first) enter(first);
}

function remove(row) {
  const table = row.closest('[data-grid]');
  const current = rows(table);
  const index = current.indexOf(row);
  if (blank(row) && index === current.length - 1) return;
  const next = current[index + 1] || current[index - 1];
  const column = fields(row).indexOf(document.activeElement);
  row.remove();
  if (growing(table)) entryRow(table);
  reindex(table);
  changed(table);
  const field = next && (fields(next)[Math.max(column, 0)] || fields(next)[0]);
  if (field) enter(field);
  toast(text('row_removed'), '', {
    label: text('undo'),
    run: () => {
      table.tBodies[0].insertBefore(row, rows(table)[index] || null);
      reindex(table);
      changed(table);
      const first = fields(row)[0];
      if (first) enter(first);
    },
  });
}

/** Enter in the last cell of a row goes to the next row, made if need be. Says whether it did. */
export function lastCell(element) {
  const row = element.closest('[data-grid] > tbody > tr');
  if (!row || !growing(row.closest('[data-grid]'))) return false;
  const own = fields(row);
  if (own[own.length - 1] !== element) return false;
  const table = row.closest('[data-grid]');
  if (blank(row)) return false;
  const current = rows(table);
  const next = current[current.indexOf(row) + 1] || append(table);
  const first = startOf(next);
  if (first) enter(first);
  return true;
}

function gridHere() {
  const near = document.activeElement?.closest?.('[data-grid]') || document.activeElement?.closest?.('.panel')?.querySelector('[data-grid]');
  return near || [...document.querySelectorAll('[data-grid]')].find(growing);
}

onContent((root) => {
  for (const table of all(root, '[data-grid]')) {
    if (growing(table)) entryRow(table);
    reindex(table);
  }
});

function touchedRow(event) {
  const row = event.target.closest?.('[data-grid] > tbody > tr');
  if (!row) return;
  const table = row.closest('[data-grid]');
  if (growing(table) && row === rows(table).pop() && !blank(row)) append(table);
  reindex(table);
  changed(table);
}
document.addEventListener('change', touchedRow);
document.addEventListener('his:picked', touchedRow);

// <table data-grid-accept>: a picked row that is complete at once is accepted, and typing goes on in the next one.
document.addEventListener('his:picked', (event) => {
  const row = event.target.closest?.('[data-grid-accept] > tbody > tr');
  if (!row || [...row.querySelectorAll('[data-grid-need]')].some((field) => !field.value.trim())) return;
  const current = rows(row.closest('[data-grid]'));
  const next = current[current.indexOf(row) + 1];
  const first = next && startOf(next);
  if (first) setTimeout(() => enter(first));
});

document.addEventListener('keydown', (event) => {
  if (composing(event) || event.defaultPrevented || event.altKey || event.ctrlKey || event.shiftKey) return;
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const field = event.target;
  const row = field.closest?.('[data-grid] > tbody > tr');
  if (!row || field.matches('select, textarea')) return;
  const current = rows(row.closest('[data-grid]'));
  const next = current[current.indexOf(row) + (event.key === 'ArrowDown' ? 1 : -1)];
  const goal = next && fields(next)[fields(row).indexOf(field)];
  if (!goal) return;
  event.preventDefault();
  enter(goal);
});

document.addEventListener('click', (event) => {
  const adder = event.target.closest?.('[data-grid-add]');
  if (adder) {
    const table = adder.dataset.gridAdd
      ? document.getElementById(adder.dataset.gridAdd)
      : adder.closest('.panel')?.querySelector('[data-grid]') || gridHere();
    if (table) add(table);
  }
  const remover = event.target.closest?.('[data-grid-remove]');
  if (remover) remove(remover.closest('tr'));
});

register({ key: 'Ins', label: text('new_row'), run: () => add(gridHere()), when: () => Boolean(gridHere()) });
register({
  key: 'Ctrl+Del',
  label: text('remove_row'),
  run: () => {
    const row = document.activeElement?.closest('[data-grid] > tbody > tr');
    if (row && growing(row.closest('[data-grid]'))) remove(row);
  },
  when: () => Boolean(gridHere()),
});

// Empty rows are left out of what is sent, and those behind them move up.
document.addEventListener('formdata', (event) => {
  for (const table of event.target.querySelectorAll('[data-grid]')) {
    for (const row of rows(table).filter(blank)) {
      for (const field of row.querySelectorAll('[name]')) event.formData.delete(field.name);
    }
  }
});
document.addEventListener(
  'submit',
  (event) => {
    for (const table of event.target.querySelectorAll('[data-grid]')) {
      if (!growing(table)) continue;
      for (const row of rows(table).slice(0, -1).filter(blank)) row.remove();
      reindex(table);
    }
  },
  true,
);
