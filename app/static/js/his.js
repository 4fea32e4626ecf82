// Entry of every page. Each part listens on the document, so fragments swapped in later need nothing extra.
import './http.js';
import './keys.js';
import './fields.js';
import './dates.js';
import './combobox.js';
import './grid.js';
import './dialogs.js';
import './toasts.js';
import './forms.js';
import './widgets.js';
import './charts.js';
import './components.js';

// Keys work from here on: what drives the page (a test, a screen reader's script) may wait for it.
document.documentElement.dataset.ready = '';
