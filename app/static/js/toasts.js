// Short messages at the lower right. Good news leaves after four seconds, bad news stays until closed.
import { all, icon, make, onContent, text } from './page.js';

/** Show a toast. `kind` is '', o, w or d; `action` is {label, run}, its button closes the toast too. */
export function toast(message, kind = '', action = null) {
  let place = document.getElementById('toasts');
  if (!place) {
    place = make('div', 'toasts');
    place.id = 'toasts';
    place.setAttribute('role', 'status');
    document.body.append(place);
  }
  // A modal dialog covers the page; its toast has to stand inside it.
  const modal = [...document.querySelectorAll('dialog:modal')].pop();
  if (modal) modal.append(place);
  else if (place.parentElement !== document.body) document.body.append(place);

  const box = make('div', `toast ${kind}`);
  if (kind === 'd') box.setAttribute('role', 'alert');
  box.append(make('span', '', message));
  if (action) {
    const button = make('button', 'btn', action.label);
    button.type = 'button';
    button.addEventListener('click', () => {
      box.remove();
      action.run();
    });
    box.append(button);
  }
  const close = make('button', 'btn q');
  close.type = 'button';
  close.setAttribute('aria-label', text('close'));
  close.append(icon('x'));
  close.addEventListener('click', () => box.remove());
  box.append(close);
  place.append(box);
  if (kind !== 'd') setTimeout(() => box.remove(), action ? 10000 : 4000);
  return box;
}

onContent((root) => {
  for (const element of all(root, '[data-toast]')) {
    toast(element.textContent.trim(), element.dataset.toast);
    element.remove();
  }
});

// The server may answer a fragment with `HX-Trigger: {"his:toast": {"text": "…", "kind": "o"}}`.
document.addEventListener('his:toast', (event) => toast(event.detail.text, event.detail.kind || ''));
