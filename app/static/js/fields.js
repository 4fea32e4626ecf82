// Moving through a form without the mouse: Enter goes on, Shift+Enter goes back.
import { composing, enter, onContent, touch, visible } from './page.js';
import { lastCell } from './grid.js';

const FIELD = 'input, select, textarea';

function usable(element) {
  return (
    element.matches(FIELD) &&
    !['hidden', 'submit', 'button', 'image', 'reset'].includes(element.type) &&
    !element.disabled &&
    !element.readOnly &&
    element.tabIndex >= 0 &&
    visible(element)
  );
}

function fieldsAround(element) {
  if (element.form) return [...element.form.elements].filter(usable);
  const scope = element.closest('[data-fields], dialog, .panel') || document;
  return [...scope.querySelectorAll(FIELD)].filter(usable);
}

/** Put the focus on the next field (or, with -1, the one before); after the last one on the primary button. */
export function move(element, step = 1) {
  const fields = fieldsAround(element);
  const place = fields.indexOf(element) + step;
  const group = fields[place]?.type === 'radio' && fields[place].name === element.name;
  if (group) return move(fields[place], step);
  if (fields[place]) {
    enter(fields[place]);
    return true;
  }
  if (step > 0) primary(element)?.focus();
  return false;
}

function primary(element) {
  const scope = element.form || element.closest('dialog, .panel') || document;
  const own = element.form?.id ? document.querySelector(`.btn.p[form="${CSS.escape(element.form.id)}"]`) : null;
  const later = element.form?.hasAttribute('data-later');
  if (later) return document.querySelector(`.btn[type="submit"][form="${CSS.escape(element.form.id)}"]`);
  return own || scope.querySelector('.btn.p:not(:disabled), .btn.dp:not(:disabled)');
}

function leavesToBrowser(element) {
  const { form } = element;
  if (element.dataset.enter === 'native') return true;
  if (!form) return false;
  if (form.method === 'get' && !form.hasAttribute('data-fields')) return true;
  return fieldsAround(element).length === 1 && !form.hasAttribute('data-later') && !form.querySelector('[data-grid]');
}

document.addEventListener('keydown', (event) => {
  const element = event.target;
  if (event.key !== 'Enter' || composing(event) || event.defaultPrevented || !element.matches?.(FIELD)) return;
  if (event.altKey || !usable(element) || leavesToBrowser(element)) return;
  if (element.matches('textarea') ? !event.ctrlKey : event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  element.dispatchEvent(new CustomEvent('his:leave', { bubbles: true }));
  if (event.shiftKey) {
    move(element, -1);
    return;
  }
  if (lastCell(element)) return;
  const fields = fieldsAround(element);
  const isLast = fields[fields.length - 1] === element;
  if (isLast && element.form?.dataset.enter === 'submit') element.form.requestSubmit();
  else move(element);
});

// Numbers typed with a Chinese input method arrive full width.
document.addEventListener('change', (event) => {
  const element = event.target;
  if (!element.matches?.('[data-number]')) return;
  element.value = element.value
    .replace(/[０-９．－]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/。/g, '.')
    .replace(/[\s,，¥￥]/g, '');
});

onContent((root) => {
  if (root !== document.body || touch) return;
  if (document.activeElement && document.activeElement !== document.body) return;
  const area = document.getElementById('main') || document.body;
  const wanted = [...area.querySelectorAll('.in.bad, [aria-required="true"]')].filter(usable);
  const target = wanted.find((element) => element.matches('.bad')) || wanted.find((element) => !element.value && !element.closest('[data-later]'));
  target?.focus();
});

let focused = '';
document.addEventListener('htmx:beforeSwap', () => {
  focused = document.activeElement?.id || '';
});
document.addEventListener('htmx:afterSettle', (event) => {
  const active = document.activeElement;
  if (active && active !== document.body) return;
  const bad = event.target.querySelector?.('.in.bad');
  const target = bad || (focused ? document.getElementById(focused) : null);
  target?.focus();
});
