// The browser's own, as it was before the page's scripts ran.

// A page may have variables of these names, or put other things in their places:
// `class Map` at the top of a script of a page with maps is enough. All globals
// that Beam's script uses are taken here.
const {
	Array, Blob, Boolean, CSSFontFaceRule, CSSStyleSheet, CustomEvent, DOMParser, Date, EventTarget, FontFace, HTMLCanvasElement, HTMLElement, HTMLInputElement, HTMLMediaElement, HTMLVideoElement,
	Intl, JSON, Map, Math, MediaStream, MediaStreamTrack, MessageChannel, MutationObserver, Number, Object, Promise, Proxy, Reflect, RegExp,
	RTCPeerConnection, RTCRtpScriptTransform, RTCRtpReceiver, Set, String, Symbol, TextDecoder, TypeError, URL, Uint8Array, VideoFrame, WeakMap, WeakRef, WeakSet, Worker,
	atob, clearTimeout, console, createImageBitmap, decodeURIComponent, encodeURIComponent, parseInt, performance, queueMicrotask, scheduler, setTimeout,
} = window;

// What of them is used by its name on an object, where a page may replace it too: old
// libraries give arrays another toJSON, from or reduce, others wrap play or append.
const USED = [
	[Object.prototype, 'get set value writable enumerable configurable toJSON toString valueOf hasOwnProperty'],
	[Array, 'from isArray', Symbol.species],
	[Array.prototype, 'at concat constructor entries every fill filter find findIndex findLast flat flatMap forEach includes indexOf join keys map pop push reduce reverse shift slice some sort splice unshift values toJSON', Symbol.iterator],
	[Reflect.getPrototypeOf([][Symbol.iterator]()), 'next'],
	[Reflect.getPrototypeOf(new Map().entries()), 'next'],
	[Reflect.getPrototypeOf(new Set().values()), 'next'],
	[Reflect.getPrototypeOf(Reflect.getPrototypeOf([][Symbol.iterator]())), 'map filter', Symbol.iterator],
	[Object, 'assign create defineProperty entries freeze fromEntries getOwnPropertyDescriptor keys values'],
	[Function.prototype, 'apply bind call toString', Symbol.hasInstance],
	[Date, 'now'], [Number, 'isFinite'], [String, 'fromCharCode'], [Reflect.getPrototypeOf(Uint8Array), 'from'], [Reflect.getPrototypeOf(Uint8Array.prototype), 'every subarray'], [URL, 'createObjectURL'],
	[TextDecoder.prototype, 'decode'], [DOMParser.prototype, 'parseFromString'], [Number.prototype, 'toFixed toString toJSON'], [Boolean.prototype, 'toJSON'],
	[String.prototype, 'charCodeAt codePointAt endsWith includes indexOf match normalize padStart replace replaceAll slice split startsWith toLocaleUpperCase toLowerCase toString toUpperCase trim toJSON', Symbol.iterator],
	[Reflect.getPrototypeOf(''[Symbol.iterator]()), 'next'],
	[RegExp, '', Symbol.species], [RegExp.prototype, 'constructor exec flags global hasIndices ignoreCase multiline test unicode unicodeSets sticky dotAll', Symbol.match, Symbol.replace, Symbol.split],
	[Map.prototype, 'clear delete entries forEach get has keys set size values', Symbol.iterator],
	[Set.prototype, 'add clear delete forEach has size values', Symbol.iterator],
	[WeakMap.prototype, 'delete get has set'], [WeakSet.prototype, 'add delete has'], [WeakRef.prototype, 'deref'],
	[Promise, 'all race resolve', Symbol.species], [Promise.prototype, 'catch constructor finally then'],
	[JSON, 'parse stringify'], [Math, 'abs ceil exp floor imul max min round sqrt'],
	[Intl, 'Segmenter'], [Intl.Segmenter.prototype, 'segment'],
	[performance, 'now timeOrigin getEntriesByType'], [Performance.prototype, 'now timeOrigin getEntriesByType'],
	[console, 'debug warn'],
	[EventTarget.prototype, 'addEventListener dispatchEvent removeEventListener'],
	[Event.prototype, 'target type isTrusted'], [PageTransitionEvent.prototype, 'persisted'], [ToggleEvent.prototype, 'newState'], [CustomEvent.prototype, 'detail'],
	[Node.prototype, 'appendChild childNodes contains firstChild getRootNode insertBefore isConnected nodeType ownerDocument parentNode removeChild textContent'],
	[Document.prototype, 'adoptedStyleSheets append contentType fonts createElement createElementNS defaultView documentElement body getElementsByTagName importNode querySelector querySelectorAll readyState'],
	[document, 'adoptedStyleSheets createElement createElementNS defaultView documentElement body getElementsByTagName querySelector querySelectorAll readyState'],
	[DocumentFragment.prototype, 'append querySelector querySelectorAll'], [ShadowRoot.prototype, 'adoptedStyleSheets'],
	[Element.prototype, 'animate append attachShadow before namespaceURI tagName checkVisibility classList className getAttribute getBoundingClientRect getClientRects hasAttribute matches prepend querySelector querySelectorAll remove removeAttribute setAttribute shadowRoot getElementsByClassName getElementsByTagName closest'],
	[HTMLElement.prototype, 'click dataset hidden hidePopover innerText popover showPopover style'],
	[SVGElement.prototype, 'style'],
	[NodeList.prototype, 'forEach length', Symbol.iterator], [HTMLCollection.prototype, 'length', Symbol.iterator],
	[DOMRectReadOnly.prototype, 'bottom height left right top width x y'],
	[DOMTokenList.prototype, 'add contains remove toggle'],
	[CSSStyleDeclaration.prototype, 'getPropertyValue removeProperty setProperty cssText'],
	[CSSStyleSheet.prototype, 'replaceSync'], [FontFaceSet.prototype, 'add delete'],
	[HTMLMediaElement.prototype, 'autoplay currentSrc currentTime muted pause paused play readyState srcObject src'],
	[HTMLVideoElement.prototype, 'disablePictureInPicture getVideoPlaybackQuality playsInline requestVideoFrameCallback videoHeight videoWidth'],
	[VideoPlaybackQuality.prototype, 'droppedVideoFrames totalVideoFrames'],
	[HTMLCanvasElement.prototype, 'getContext height width'], [CanvasRenderingContext2D.prototype, 'drawImage'], [ImageBitmap.prototype, 'close height width'],
	[HTMLImageElement.prototype, 'complete decoding naturalHeight naturalWidth referrerPolicy src'],
	[HTMLIFrameElement.prototype, 'allow contentDocument'],
	[MediaStream.prototype, 'getAudioTracks getTracks getVideoTracks id'],
	[MediaStreamTrack.prototype, 'contentHint getSettings id kind label muted readyState'],
	[MutationObserver.prototype, 'disconnect observe'], [MessageChannel.prototype, 'port1 port2'], [MessageEvent.prototype, 'data'], [MessagePort.prototype, 'postMessage'],
	...(RTCPeerConnection ? [
		[RTCPeerConnection.prototype, 'connectionState getStats getTransceivers'],
		[RTCRtpReceiver.prototype, 'getStats getSynchronizationSources track transform'], [RTCRtpTransceiver.prototype, 'currentDirection mid receiver'],
		[RTCStatsReport.prototype, 'values'],
		[RTCTrackEvent.prototype, 'receiver streams track transceiver'],
	] : []),
	...(VideoFrame ? [[VideoFrame.prototype, 'close codedHeight codedWidth copyTo format visibleRect']] : []),
];

// own makes a function of Beam's from one: while it runs, USED is as the browser made
// it, and after it as the page did. That is some 450 comparisons, measured at 25 us a
// call, of which there are some 20 a second, and at 3 to 6 ms for each document at its
// begin. (An Intl.Segmenter made here would cost 20 ms more.)
const own = (() => {
	const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor: look } = Reflect;
	const put = (on, key, is) => { if (is) defineProperty(on, key, is); else deleteProperty(on, key); };
	const kept = { __proto__: null };
	let n = 0;
	for (const [on, names, ...symbols] of USED) {
		for (const key of [...names.split(' ').filter(Boolean), ...symbols]) {
			const was = look(on, key);
			// What the browser hasn't may only be added by a page where it would be obeyed.
			if (was || on === document || on === performance || key === 'toJSON' || on === Object.prototype) kept[n++] = { on, key, was, value: was?.value, get: was?.get, set: was?.set };
		}
	}
	let inside = false;
	return (fn) => function (...args) {
		if (inside) return apply(fn, this, args);
		const theirs = { __proto__: null };
		let changed = 0;
		// In their order: what a page gave to all objects, descriptors too, goes first.
		for (let i = 0; i < n; i++) {
			const one = kept[i];
			const is = look(one.on, one.key);
			if (is === undefined ? one.was === undefined : one.was !== undefined && is.value === one.value && is.get === one.get && is.set === one.set) continue;
			put(one.on, one.key, one.was);
			theirs[changed++] = { __proto__: null, one, is: is && { __proto__: null, ...is } };
		}
		inside = true;
		try {
			return apply(fn, this, args);
		} finally {
			inside = false;
			while (changed-- > 0) put(theirs[changed].one.on, theirs[changed].one.key, theirs[changed].is);
		}
	};
})();

// Calls fn each ms milliseconds until the function that it returns is called. A page
// that clears all timers that there may be, as some do, does not reach these.
const every = (() => {
	const { apply } = Reflect;
	const { postTask } = scheduler ?? {};
	const later = postTask ? (fn, ms) => apply(postTask, scheduler, [fn, { delay: ms }]) : setTimeout;
	return (ms, fn) => {
		let on = true;
		const run = own(() => {
			if (!on) return;
			later(run, ms);
			try {
				fn();
			} catch (error) { // which is nothing that the page should hear of
				console.debug(`beam: ${error?.stack ?? error}`);
			}
		});
		later(run, ms);
		return () => { on = false; };
	};
})();

// Listens to an event; the listener is one of Beam's functions.
const listen = (() => {
	const { apply } = Reflect;
	const { addEventListener } = EventTarget.prototype;
	return (target, type, fn, options) => { apply(addEventListener, target, [type, fn, options]); };
})();

// The size of the viewport, CSS pixels: a page may have variables of these names.
const viewport = (() => {
	const { apply, getOwnPropertyDescriptor } = Reflect;
	const { get: width } = getOwnPropertyDescriptor(window, 'innerWidth');
	const { get: height } = getOwnPropertyDescriptor(window, 'innerHeight');
	return () => ({ width: apply(width, window, []), height: apply(height, window, []) });
})();

// A document's own properties and functions, also where an element of the page has such
// a name: <form name=readyState> takes the place of document.readyState (HTML, 3.1.7).
const ofDocument = (name) => {
	const { apply, getOwnPropertyDescriptor } = Reflect;
	const { get, value } = getOwnPropertyDescriptor(Document.prototype, name);
	return get ? (one) => apply(get, one, []) : (one, ...args) => apply(value, one, args);
};
const rootOf = ofDocument('documentElement');
const stateOf = ofDocument('readyState');
const viewOf = ofDocument('defaultView');
const fontsOf = ofDocument('fonts');
const elementsOf = ofDocument('getElementsByTagName');
const selectIn = ofDocument('querySelectorAll');
const create = ofDocument('createElementNS');
const importTo = ofDocument('importNode');
const sheetsOf = ofDocument('adoptedStyleSheets');
const setSheets = (() => {
	const { apply, getOwnPropertyDescriptor } = Reflect;
	const { set } = getOwnPropertyDescriptor(Document.prototype, 'adoptedStyleSheets');
	return (one, sheets) => { apply(set, one, [sheets]); };
})();

// Elements that are HTML in documents of other types too.
const html = (tag) => create(document, 'http://www.w3.org/1999/xhtml', tag);
