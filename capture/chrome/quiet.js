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

  // A page may be left, whatever it wants: its listeners run, as many say goodbye to
  // their server in them, but none of them can have the browser ask (HTML, 7.4.2.4).
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { get, set } = getOwnPropertyDescriptor(window, 'onbeforeunload');
  let calm; // the handler of the page that is being called, and what is called for it
  addEventListener('beforeunload', (event) => {
    defineProperty(event, 'preventDefault', { value() {} });
    defineProperty(event, 'returnValue', { get: () => '', set() {} });
    const handler = apply(get, window, []);
    if (typeof handler !== 'function' || handler === calm) return;
    calm = function (...args) { // what it returns would be a question too
      apply(set, window, [handler]);
      apply(handler, this, args);
    };
    apply(set, window, [calm]);
  }, true);
})();
