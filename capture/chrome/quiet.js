// The dialogs of scripts, in a window: Chrome opens them over the page and shows
// them for a tenth of a second before they can be refused from outside. They are
// refused here instead, as they are there.
(() => {
  const refuse = (name, answer) => {
    const property = Object.getOwnPropertyDescriptor(window, name);
    if (typeof property?.value !== 'function') return;
    // A proxy still looks like the function that it stands for.
    property.value = new Proxy(property.value, { apply: () => answer });
    Object.defineProperty(window, name, property);
  };
  refuse('alert');
  refuse('confirm', false);
  refuse('prompt', null);
})();
