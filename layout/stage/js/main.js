// Runs in every frame before the page's own scripts.

const LARGE_SHARE = 0.25; // of the viewport; a smaller frame is no room
const FRAME_TELLS = 2000; // ms; how often a frame of another origin says that it has media
const FAILED_EVERY = 250; // ms

// main returns the function that does what Beam asks for. facts go to the page where
// its contract says so, all but those of the stage alone; secrets go to the
// platform's script only. key is a text that no page can guess.
function main(facts, extra, css, key, platform) {
	const send = newSender();
	const top = window.top === window;
	if (top) send({ type: 'opened' });
	let told = false;
	let stop = () => {};
	const ready = (why) => {
		if (told) return;
		told = true;
		if (top) stop();
		send({ type: 'ready', text: why });
	};
	if (facts.contract && top) offerContract(facts, ready, send);

	// The hub of the top frame. A frame of another origin can't reach it: it taps
	// nothing for the stage, only its own readiness counts. With a filter, all its
	// tracks are withheld, because nobody can tell whose they are.
	let hub;
	const frames = []; // for the top frame: with those below it
	let filter = newFilter(facts);
	const withholding = newWithholding({ sure: filter.set || facts.tracks !== '', tracks: facts.tracks, give: send.text });
	const filtering = () => (top ? hub?.filter() : home ? home.filter() : filter)?.set ?? filter.set;
	const tap = tapFrame({
		arrived: (track, receiver) => {
			if (filtering()) withholding.withhold(track, true, receiver);
			withholding.record(track, receiver);
		},
		changed: () => (top ? hub : home)?.changed(),
	});
	const frame = { tap, withholding };
	const home = top ? undefined : findHome(key, frame);
	if (home) {
		// The empty document that a frame begins with may leave its window, and with
		// it this script, to the next one. If not, the hub finds the frame dead.
		listen(window, 'pagehide', own(() => { if (location.href !== 'about:blank') home.remove(frame); }));
		return undefined;
	}
	frames.push(frame);
	const find = newFinder();
	if (top) {
		const stage = newStage(facts, css, () => hub.render());
		hub = newHub({ facts: Object.freeze({ ...facts, extra }), filter, frames, stage, send, find });
		takeFrames(key, frames, hub);
	}
	const look = newLook({ facts, top, frames, tap, hub, find, send, ready, filter: () => (top ? hub.filter() : filter), told: () => told });
	stop = every(100, look);
	hub?.start(platform);
	return own((what) => {
		if (top) return hub.command(what);
		if (what?.do !== 'filter') return 'this frame has no layouts';
		filter = newFilter(what);
		for (const { track, receiver, gateable } of tap.tracks()) withholding.withhold(track, filter.set, gateable ? receiver : undefined);
		return 'ok';
	});
}

// The function that takes messages is Beam's own, and leaves the page at once. It is
// back for as long as it is called: those of some drivers look for themselves there.
function newSender() {
	const { defineProperty, deleteProperty, setPrototypeOf } = Reflect;
	// A copy that inherits from nothing, before anything is put into it: a page may give
	// arrays a toJSON for good, and all objects a setter called type.
	const bare = (value) => {
		if (typeof value !== 'object' || value === null) return value;
		const copy = Array.isArray(value) ? [] : {};
		setPrototypeOf(copy, null);
		for (const [key, one] of Object.entries(value)) copy[key] = bare(one);
		return copy;
	};
	const name = '__beamSend';
	const { [name]: give } = window;
	deleteProperty(window, name);
	const text = (value) => {
		defineProperty(window, name, { value: give, configurable: true });
		try {
			give(value);
		} catch { /* the page was loaded without Beam */ } finally {
			deleteProperty(window, name);
		}
	};
	return Object.assign(own((message) => text(JSON.stringify(bare(message)))), { text: own(text) });
}

// What a page finds that is made for Beam (docs/layouts.md), and what is read of it.
function offerContract({ layout, orientation, width, height, roles, custom }, ready, send) {
	Object.defineProperty(window, 'beam', {
		value: Object.freeze({
			layout, orientation, width, height, roles: Object.freeze([...roles]),
			ready: own(() => ready('the page said so')),
			stop: own((reason) => send({ type: 'stop', text: String(reason ?? '') })),
			fail: own((text) => send({ type: 'fail', text: String(text ?? '') })),
		}),
		configurable: true, writable: true,
	});
	if (!custom) return;
	let failed = false;
	every(FAILED_EVERY, () => {
		if (failed) return;
		const text = plainText(selectIn(document, 'div.error')[0]?.textContent, 300);
		if (!text) return;
		failed = true;
		send({ type: 'fail', text });
	});
}

// Asks the top frame for its hub: an event whose name nobody else knows reaches it
// within one origin only.
function findHome(key, frame) {
	const question = { frame, home: undefined };
	try {
		EventTarget.prototype.dispatchEvent.call(window.top, new CustomEvent(key, { detail: question }));
	} catch { /* another origin */ }
	return question.home;
}

// Answers the frames below, and takes them to those of the hub.
function takeFrames(key, frames, hub) {
	const home = Object.freeze({
		changed: own(() => hub.changed()),
		filter: own(() => hub.filter()),
		remove: own((one) => {
			const at = frames.indexOf(one);
			if (at > 0) frames.splice(at, 1);
			hub.changed();
		}),
	});
	const answer = own(({ detail }) => {
		detail.home = home;
		const at = frames.findIndex(({ tap }) => tap.document === detail.frame.tap.document);
		if (at > 0) frames[at] = detail.frame;
		else frames.push(detail.frame);
		hub.changed();
	});
	const hear = () => listen(window, key, answer);
	hear();
	// A page that opens its document anew (document.open) takes away all listeners.
	every(500, hear);
}

// newLook returns what looks whether there is something to record.
function newLook({ facts, top, frames, tap, hub, find, send, ready, filter, told }) {
	const moves = newMotion();
	const memory = { __proto__: null };
	let loaded = false; // and told so
	let saidAt = 0;
	return () => {
		const now = performance.now();
		const documents = frames.map((one) => one.tap.document);
		const known = hub?.facts() ?? { waiting: false, counts: countTracks(tap.tracks()), people: 0, withheld: 0 };
		// Where people are drawn, the page's view of the recorder itself is none of them.
		const staging = top && facts.layout !== 'native';
		const plays = moves(find(documents, 'video').filter((video) => !staging || !video.srcObject));
		// Behind the stage, or where only some are to be seen, the page's videos say
		// nothing.
		const counted = known.staged ? known.live : (!filter().set || known.counts.pictures > 0) && plays;
		if (told()) {
			// A frame of another origin, for as long as it has media.
			const some = counted || known.counts.sounds + known.counts.pictures > 0;
			if (!top && some && now - saidAt > FRAME_TELLS) {
				saidAt = now;
				send({ type: 'ready', text: 'media is there' });
			}
			return;
		}
		const framed = top && find(documents, 'iframe').some(isRoomFrame);
		const room = frames.some((one) => one.tap.room());
		const why = decideReady(memory, {
			now,
			waiting: known.waiting,
			joinedAt: known.joinedAt,
			custom: facts.custom,
			moves: counted,
			...known.counts,
			people: known.people,
			withheld: known.withheld,
			room,
			staged: staging,
			page: top && {
				content: stateOf(document) !== 'loading',
				complete: stateOf(document) === 'complete',
				resources: frames[0].tap.resources(),
				patient: frames.some((one) => one.tap.begins()) || hasMedia(find(documents, 'video, audio')),
				framed,
			},
		});
		const there = memory.loadedAt !== undefined || now - memory.contentAt > READY_CONTENT;
		if (top && !loaded && there && (framed || room)) {
			loaded = true;
			send({ type: 'loaded', text: framed ? 'a frame of another site' : 'media of a peer connection' });
			if (framed) send({ type: 'notice', text: 'what may be the room is in a frame of another site: its people can not be told apart' });
		}
		if (why) ready(why);
	};
}

function hasMedia(elements) {
	return elements.some((el) => el.srcObject || el.currentSrc);
}

// Whether a frame of another origin may be a room: it is large, and may use what
// rooms need.
function isRoomFrame(frame) {
	if (frame.contentDocument !== null || !/camera|microphone|display-capture/.test(frame.allow)) return false;
	const { width, height } = frame.getBoundingClientRect();
	const view = viewport();
	return width * height > LARGE_SHARE * view.width * view.height;
}
