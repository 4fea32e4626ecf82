// Rows that are put in order: with the buttons of a row, or with Alt and an arrow anywhere in it.
import { composing } from './page.js';

function neighbour(row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  return other?.dataset.arrangePart === row.dataset.arrangePart ? other : null;
}

function say(row) {
  const place = row.closest('form').querySelector('[data-arrange-said]');
  const rows = [...row.parentElement.children];
  const values = { field: row.cells[0].firstChild.textContent.trim(), place: rows.indexOf(row) + 1, all: rows.length };
  place.textContent = place.dataset.arrangeText.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function refresh(body) {
  for (const row of body.children) {
    for (const button of row.querySelectorAll('[data-arrange-step]')) {
      button.setAttribute('aria-disabled', neighbour(row, Number(button.dataset.arrangeStep)) ? 'false' : 'true');
    }
  }
}

function move(row, step, focus) {
  const other = neighbour(row, step);
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  refresh(row.parentElement);
  focus.focus();
  row.scrollIntoView({ block: 'nearest' });
  say(row);
  row.querySelector('input').dispatchEvent(new Event('input', { bubbles: true })); // what is typed counts as unsaved
  row.dispatchEvent(new CustomEvent('his:arranged', { bubbles: true }));
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-arrange-step]');
  if (button) move(button.closest('tr'), Number(button.dataset.arrangeStep), button);
});

document.addEventListener('keydown', (event) => {
  if (!event.altKey || event.ctrlKey || composing(event) || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  const row = event.target.closest?.('[data-arrange] > tr');
  if (!row) return;
  event.preventDefault();
  move(row, event.key === 'ArrowUp' ? -1 : 1, event.target);
});

for (const body of document.querySelectorAll('[data-arrange]')) refresh(body);
