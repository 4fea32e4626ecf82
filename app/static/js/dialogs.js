// Native dialogs: data-dialog-open="id" opens, data-dialog-close closes, data-dialog-auto opens on arrival.
import { all, make, onContent, text } from './page.js';

export function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector('[data-palette]')?.select();
}

/** Ask a question; resolves to true when the answer is yes. The safe button has the focus. */
export function ask(question, yes) {
  const dialog = make('dialog', 'dialog');
  const foot = make('div', 'dialog-foot');
  const stay = make('button', 'btn', text('cancel'));
  const go = make('button', 'btn dp', yes);
  stay.type = 'button';
  go.type = 'button';
  stay.autofocus = true;
  dialog.setAttribute('aria-label', question);
  foot.append(stay, go);
  dialog.append(make('div', 'dialog-body', question), foot);
  document.body.append(dialog);
  return new Promise((resolve) => {
    stay.addEventListener('click', () => dialog.close(''));
    go.addEventListener('click', () => dialog.close('yes'));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    dialog.showModal();
  });
}

document.addEventListener('click', (event) => {
  const opener = event.target.closest?.('[data-dialog-open]');
  if (opener) {
    opener.closest('details[data-menu]')?.removeAttribute('open');
    open(document.getElementById(opener.dataset.dialogOpen));
  }
  if (event.target.closest?.('[data-print]')) window.print();  // only pages with a .print-sheet have one
  const closer = event.target.closest?.('[data-dialog-close]');
  if (closer) closer.closest('dialog')?.close();
  const drawerCloser = event.target.closest?.('[data-drawer-close]');
  if (drawerCloser) drawerCloser.closest('.drawer')?.replaceChildren();
});

onContent((root) => {
  for (const dialog of all(root, 'dialog[data-dialog-auto]')) open(dialog);
});

// The server may close what it was asked in: HX-Trigger: his:close-dialog
document.addEventListener('his:close-dialog', () => [...document.querySelectorAll('dialog:modal')].pop()?.close());

// hx-confirm asks with our own dialog.
document.addEventListener('htmx:confirm', async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const yes = event.target.dataset.confirmLabel || event.target.textContent.trim();
  if (await ask(event.detail.question, yes)) event.detail.issueRequest(true);
});
