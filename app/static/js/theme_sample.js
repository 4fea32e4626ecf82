// The settings page wears the theme that is being chosen, until it is saved or left.
const form = document.querySelector('[data-theme-sample]');
const link = document.createElement('link');
link.rel = 'stylesheet';

function show() {
  const value = (name) => form.querySelector(`[data-theme-field="${name}"]`)?.value || 'normal';
  const address = form.dataset.themeSample.replace('THEME', value('theme')).replace('DENSITY', value('density'));
  link.href = address;
  if (!link.isConnected) document.head.append(link);
}

form?.addEventListener('change', (event) => {
  if (event.target.closest('[data-theme-field]')) show();
});
