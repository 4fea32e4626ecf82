// Alpine components, registered by name because the page's policy allows no code in attributes.
document.addEventListener('alpine:init', () => {
  // <div x-data="disclosure">: a part that opens and closes.
  window.Alpine.data('disclosure', () => ({
    open: false,
    toggle() {
      this.open = !this.open;
    },
  }));
  // <fieldset x-data="choice" x-modelable="value">: shows parts that depend on one field.
  window.Alpine.data('choice', () => ({
    value: '',
    init() {
      const field = this.$root.querySelector('[data-choice]:checked') || this.$root.querySelector('select[data-choice]');
      this.value = field?.value ?? '';
      this.$root.addEventListener('change', (event) => {
        if (event.target.matches('[data-choice]')) this.value = event.target.value;
      });
    },
  }));
});
