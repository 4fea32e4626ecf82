// Small widgets: tabs, time windows to pick, menus, rows that open something.
import { composing, onContent } from './page.js';

function select(tab) {
  for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
    const on = other === tab;
    other.setAttribute('aria-selected', String(on));
    other.tabIndex = on ? 0 : -1;
    const panel = document.getElementById(other.getAttribute('aria-controls'));
    if (panel) panel.hidden = !on;
  }
  tab.dispatchEvent(new CustomEvent('his:shown', { bubbles: true }));
}

function choose(slot) {
  const input = document.getElementById(slot.dataset.slotTarget);
  for (const other of document.querySelectorAll('[data-slot]')) {
    if (other.dataset.slotTarget === slot.dataset.slotTarget) other.setAttribute('aria-pressed', String(other === slot));
  }
  if (!input) return;
  input.value = slot.dataset.slot;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Put a text behind what stands in a field: a phrase of the doctor's. */
function insert(source) {
  const field = document.getElementById(source.dataset.insertInto);
  if (!field || field.readOnly || field.disabled) return;
  const folded = field.closest('details');
  if (folded) folded.open = true;
  const before = field.value.trimEnd();
  field.value = before ? `${before}\n${source.dataset.insertText}`.slice(0, field.maxLength > 0 ? field.maxLength : undefined) : source.dataset.insertText;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  setTimeout(() => field.focus()); // after the dialog has given the focus back
}

const restOf = (button) => [...(document.getElementById(button.dataset.tickRest)?.elements || [])].filter((box) => box.type === 'checkbox' && !box.disabled);

/** Tick what nobody has touched: one act. A box that was unticked by hand is a no and stays one. */
function tickRest(button) {
  const boxes = restOf(button);
  for (const box of boxes) if (!box.dataset.touched) box.checked = true;
  boxes.find((box) => !box.checked)?.focus();
}

/** Show the rows of a table that hold what is typed; a group by its own name shows all of its rows. */
function filterRows(input) {
  const typed = input.value.trim().toLowerCase();
  let shown = 0;
  for (const group of document.querySelectorAll(`#${input.dataset.filterRows} [data-filter-group]`)) {
    const whole = group.dataset.filterGroup.toLowerCase().includes(typed);
    let found = 0;
    for (const row of group.querySelectorAll('[data-filter-text]')) {
      row.hidden = !whole && !row.dataset.filterText.toLowerCase().includes(typed);
      found += row.hidden ? 0 : 1;
    }
    group.hidden = !found;
    shown += found;
  }
  const nothing = document.querySelector(`[data-filter-nothing="${input.dataset.filterRows}"]`);
  if (nothing) nothing.hidden = shown > 0;
}

document.addEventListener('input', ({ target }) => {
  if (target.dataset?.filterRows) filterRows(target);
});

document.addEventListener('change', ({ target }) => {
  if (target.type !== 'checkbox' || !target.form?.id || !document.querySelector(`[data-tick-rest="${target.form.id}"]`)) return;
  target.dataset.touched = '1';
  target.closest('.choice')?.classList.toggle('no', !target.checked);
});

document.addEventListener('click', (event) => {
  const { target } = event;
  const ticker = target.closest?.('[data-tick-rest]');
  if (ticker) tickRest(ticker);
  const phrase = target.closest?.('[data-insert-into]');
  if (phrase) insert(phrase);
  const tab = target.closest?.('[role="tab"]');
  if (tab) select(tab);
  const slot = target.closest?.('[data-slot]');
  if (slot && !slot.disabled) choose(slot);
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (!menu.contains(target)) menu.open = false;
  }
  if (target.closest?.('[data-back]')) history.back();
  const row = target.closest?.('tr[data-href]');
  if (row && !target.closest('a, button, input, label, select')) location.assign(row.dataset.href);
});

function neighbour(slot, key) {
  const slots = [...document.querySelectorAll('[data-slot]:not(:disabled)')].filter((other) => other.dataset.slotTarget === slot.dataset.slotTarget);
  const here = slots.indexOf(slot);
  if (key === 'ArrowLeft' || key === 'ArrowRight') return slots[here + (key === 'ArrowRight' ? 1 : -1)];
  const box = slot.getBoundingClientRect();
  const down = key === 'ArrowDown';
  const distance = (other) => {
    const to = other.getBoundingClientRect();
    return Math.abs(to.top - box.top) * 4 + Math.abs(to.left - box.left);
  };
  return slots
    .filter((other) => (down ? other.getBoundingClientRect().top > box.top + 4 : other.getBoundingClientRect().top < box.top - 4))
    .sort((a, b) => distance(a) - distance(b))[0];
}

function follow(list, key) {
  const links = [...list.querySelectorAll('.queue-item')];
  return links[links.indexOf(document.activeElement) + (key === 'ArrowDown' ? 1 : -1)];
}

document.addEventListener('keydown', (event) => {
  if (composing(event) || event.defaultPrevented) return;
  const { target, key } = event;
  if (key === 'Escape') {
    const menu = target.closest?.('details[data-menu][open]');
    const drawer = document.querySelector('.drawer:not(:empty)');
    if (menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    } else if (drawer && !document.querySelector('dialog:modal')) drawer.replaceChildren();
    return;
  }
  if (!key.startsWith('Arrow') || event.ctrlKey || event.altKey) return;
  let goal = null;
  if (target.matches?.('[data-slot]')) goal = neighbour(target, key);
  else if (target.matches?.('.queue-item') && (key === 'ArrowDown' || key === 'ArrowUp')) goal = follow(target.closest('.queue'), key);
  else if (target.matches?.('[role="tab"]') && (key === 'ArrowLeft' || key === 'ArrowRight')) {
    const tabs = [...target.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    goal = tabs[(tabs.indexOf(target) + (key === 'ArrowRight' ? 1 : -1) + tabs.length) % tabs.length];
    select(goal);
  }
  if (!goal) return;
  event.preventDefault();
  goal.focus();
});

// A cell cut short tells the whole on hover.
document.addEventListener('mouseover', (event) => {
  const cell = event.target.closest?.('.td, .clip');
  if (cell && !cell.title && cell.scrollWidth > cell.clientWidth && !cell.querySelector('input')) cell.title = cell.textContent.trim();
});

onContent((root) => {
  for (const button of root.querySelectorAll('[data-back]')) button.hidden = history.length < 2;
  root.querySelector?.('.queue-item.on, .nav-item.on')?.scrollIntoView({ block: 'nearest' });
});

// A table that scrolls inside its panel can be scrolled with the arrow keys.
onContent((root) => {
  for (const box of root.querySelectorAll('.panel-body.flush, .gt-wrap')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
});
