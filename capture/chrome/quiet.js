// The dialogs of scripts, in a window: Chrome opens them over the page and shows
// them for a tenth of a second before they can be refused from outside. They are
// refused here instead, as they are there.
(() => {
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const refuse = (on, name, answer) => {
    const property = getOwnPropertyDescriptor(on, name);
    if (typeof property?.value !== 'function') return;
    // A proxy still looks like the function that it stands for.
    property.value = new Proxy(property.value, { apply: answer });
    defineProperty(on, name, property);
  };
  refuse(window, 'alert', () => {});
  refuse(window, 'confirm', () => false);
  refuse(window, 'prompt', () => null);

  // Who fills the screen is told how to leave it, in a bubble over the page. The page
  // fills the window anyway; it hears what it would hear without a click.
  const { dispatchEvent } = EventTarget.prototype;
  const { reject } = Promise;
  const { DOMException, Event, Promise: Own, TypeError, setTimeout } = window;
  const later = (name, target) => apply(setTimeout, window, [() => apply(dispatchEvent, target, [new Event(name, { __proto__: null, bubbles: true, composed: true })]), 0]);
  const small = (_, element) => {
    later('fullscreenerror', element);
    return apply(reject, Own, [new TypeError('Permissions check failed')]);
  };
  for (const name of ['requestFullscreen', 'webkitRequestFullscreen', 'webkitRequestFullScreen']) refuse(Element.prototype, name, small);
  for (const name of ['webkitEnterFullscreen', 'webkitEnterFullScreen']) refuse(HTMLVideoElement.prototype, name, () => {});

  // Who holds the pointer is told how to get it back.
  const { get: documentOf } = getOwnPropertyDescriptor(Node.prototype, 'ownerDocument');
  refuse(Element.prototype, 'requestPointerLock', (_, element) => {
    later('pointerlockerror', apply(documentOf, element, []));
    return apply(reject, Own, [new DOMException('A user gesture is required to request Pointer Lock.', 'NotAllowedError')]);
  });

  // A page may be left, whatever it wants: its listeners run, as many say goodbye to
  // their server in them, but none of them can have the browser ask (HTML, 7.4.2.4).
  const { get, set } = getOwnPropertyDescriptor(window, 'onbeforeunload');
  let calm; // the handler of the page that is being called, and what is called for it
  addEventListener('beforeunload', (event) => {
    defineProperty(event, 'preventDefault', { __proto__: null, value() {} });
    defineProperty(event, 'returnValue', { __proto__: null, get: () => '', set() {} });
    const handler = apply(get, window, []);
    if (typeof handler !== 'function' || handler === calm) return;
    calm = function (...args) { // what it returns would be a question too
      apply(set, window, [handler]);
      apply(handler, this, args);
    };
    apply(set, window, [calm]);
  }, true);
})();
