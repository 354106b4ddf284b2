// Brings together what the frames' media, the platform's script and the filter
// say, and tells Beam and the stage.

const HUB_TICK = 100; // ms
const PLAYED_EVERY = 250; // ms
// A platform's script that says nothing of people has this long after the first
// remote track; then people are made out of the media alone.
const GUESS_AFTER = 1500; // ms
const AWAY_LONGEST = 60000; // ms for which a lost connection leaves the last pictures
const LAYOUTS = ['native', 'grid', 'speaker', 'spotlight'];

// newHub: filter is the one to begin with; frames are {tap, withholding} of this
// frame and of those of the same origin in it; send sends a message to Beam; find
// finds elements.
function newHub({ facts, filter, frames, stage, send, find }) {
	let layout = facts.layout;
	let platform; // what its script returned
	let scripted = false; // there is a platform's script
	let reported; // the last snapshot
	let lines = []; // of all frames
	let remote = []; // those of them on which tracks are received
	let firstTrackAt;
	let view = []; // people who are shown
	let staged = false; // there was something for the stage
	let joinedAt;
	let waiting = false;
	let awaySince; // ms; undefined while the room is connected
	let queued = false;
	let guessed = false; // people were made out of the media alone
	let signature = '';
	let toldPlayedAt = -Infinity;
	const said = { __proto__: null };
	const director = newDirector();
	const level = newLevels();
	const exclusion = newExclusion(frames, find);
	const watch = newContentWatch(() => changed());
	const order = new Map(); // id -> number, in the order of their first sight
	const listeners = new Set();
	let seen = 0;
	const stats = newStats({ frames, stage, find, people: () => view });

	// The same message again is not sent.
	const tell = (type, message) => {
		const text = JSON.stringify(message);
		if (said[type] === text) return;
		said[type] = text;
		send({ type, ...message });
	};

	const guesses = () => !reported && !(scripted && (firstTrackAt === undefined || performance.now() - firstTrackAt < GUESS_AFTER));
	const roster = () => {
		if (reported) return readPeople(reported, remote);
		guessed ||= guesses();
		return guessed ? guessPeople(lines) : [];
	};

	const render = () => {
		staged ||= filter.set || joinedAt !== undefined || view.length > 0;
		const on = staged && layout !== 'native';
		stage.set(on);
		if (!on) return;
		const { width, height } = viewport();
		const { tiles, waiting } = director.scene(layout, view, width, height, (key, person) => stage.prepare(key, person, true));
		stage.draw(layout, tiles, waiting, director.speaks);
	};

	// Who is shown, with media. While the room is connecting again, whoever was there
	// keeps the last picture.
	const shownPeople = (people, shown) => {
		const before = new Map(view.map((p) => [p.id, p]));
		const away = awaySince !== undefined && performance.now() - awaySince < AWAY_LONGEST;
		return people.filter((p) => shown.has(p.id)).map((p) => {
			const media = mediaOf(p);
			if (away) {
				const old = before.get(p.id);
				media.camera ??= old?.camera;
				media.screen ??= old?.screen;
			}
			return { ...p, ...media, away, muted: p.muteKnown && !media.microphone && !away };
		});
	};

	const refresh = () => {
		queued = false;
		lines = frames.flatMap(({ tap }) => tap.lines());
		remote = lines.filter(({ receiving }) => receiving);
		if (remote.length > 0) firstTrackAt ??= performance.now();
		const all = roster();
		const people = all.filter((p) => !p.self);
		const shown = new Set(people.filter(filter.passes).map((p) => p.id));
		exclusion.apply(all, shown, filter.set);

		for (const id of [...order.keys()]) if (!people.some((p) => p.id === id)) order.delete(id);
		for (const p of people) if (!order.has(p.id)) order.set(p.id, seen++);
		people.sort((a, b) => order.get(a.id) - order.get(b.id));
		view = shownPeople(people, shown);
		tell('people', {
			people: people.map((p) => {
				const { camera, microphone, screen } = mediaOf(p);
				return {
					id: p.id, name: p.name ?? '', role: p.role ?? '', shown: shown.has(p.id),
					camera: Boolean(camera), microphone: Boolean(microphone), screen: Boolean(screen),
				};
			}),
		});
		tellTracks(all);
		render();
	};

	// Whose the tracks are that are recorded apart, as far as that is known.
	const tellTracks = (people) => {
		if (!facts.tracks) return;
		const owners = new Map();
		for (const p of people) if (!p.self) for (const { kind, track } of p.media) if (track && !owners.has(track)) owners.set(track, { id: p.id, name: p.name ?? '', role: p.role ?? '', medium: kind });
		tell('tracks', {
			tracks: frames.flatMap(({ tap, withholding }) => tap.lines().map(({ track, kind, trackId, streamId }) => ({
				number: withholding.number(track), kind, track: trackId, stream: streamId, ...(owners.get(track) ?? { id: '', name: '', role: '', medium: '' }),
			}))).filter(({ number }) => number !== undefined),
		});
	};
	// When which frame was played: what ties their times to those of the recording.
	const tellPlayed = (all) => {
		const played = [];
		for (const { track, receiver } of all) {
			const number = frames.map(({ withholding }) => withholding.number(track)).find((one) => one !== undefined);
			const [source] = number === undefined ? [] : receiver.getSynchronizationSources();
			if (source) played.push({ number, rtp: source.rtpTimestamp, at: source.timestamp });
		}
		if (played.length > 0) send({ type: 'played', now: performance.timeOrigin + performance.now(), played });
	};

	const levelOf = (now) => (person) => {
		const entry = person.microphone && remote.find((t) => t.track === person.microphone);
		return entry ? level(entry, now) : 0;
	};

	// What changes without an event: levels, closed peers, streams that a track
	// was put into or taken from, a document that was replaced.
	const tick = () => {
		const now = performance.now();
		for (let i = frames.length - 1; i > 0; i--) if (!frames[i].tap.alive()) frames.splice(i, 1);
		const all = frames.flatMap(({ tap }) => tap.lines());
		const next = all.map((line) => line.state).join('\n')
			+ (scripted && !reported && firstTrackAt !== undefined && now - firstTrackAt >= GUESS_AFTER ? ' guess' : '');
		if (guesses()) watch(all, now);
		if (facts.tracks && now - toldPlayedAt > PLAYED_EVERY) {
			toldPlayedAt = now;
			tellPlayed(all);
		}
		if (next !== signature) {
			signature = next;
			listeners.forEach((fn) => fn());
			refresh();
		}
		const turns = director.hear(view, levelOf(now), now);
		for (const turn of turns) send({ type: 'speaking', ...turn });
		if (stage.on()) {
			const cut = remote.length > 0 && !remote.some(({ connected }) => connected);
			stage.hold(now, awaySince !== undefined || cut);
			render();
		} else exclusion.hideVideos();
	};

	const changed = () => {
		if (queued) return;
		queued = true;
		queueMicrotask(own(() => {
			listeners.forEach((fn) => fn());
			refresh();
		}));
	};
	const text = (value) => plainText(value, 500);

	const room = {
		facts,
		tap: Object.freeze({
			tracks: () => frames.flatMap(({ tap }) => tap.tracks()),
			onchange: (fn) => { listeners.add(fn); },
		}),
		own,
		every,
		// Whether some people are left out. It may change.
		filtering: () => filter.set,
		// Tells whether a person of people() may be seen and heard. A script that can may
		// then ask the room for nobody else's media.
		passes: (person) => readPeople([person], []).some(filter.passes),
		withheld: (track) => frames.some(({ withholding }) => withholding.withheld(track)),
		layout: (name) => command({ do: 'layout', layout: name }),
		// A video element that is in the document, large, in view and not painted: some
		// rooms send pictures for such ones only.
		sink: () => stage.sink(),
		joined() {
			waiting = false;
			if (joinedAt !== undefined) return;
			joinedAt = performance.now();
			send({ type: 'joined' });
			changed();
		},
		people(list) {
			reported = Array.from(list ?? []);
			refresh();
		},
		waiting(why) {
			waiting = joinedAt === undefined;
			tell('waiting', { text: text(why) });
		},
		refused: (why) => send({ type: 'refused', text: text(why) }),
		ended: (why) => send({ type: 'ended', text: text(why) }),
		kicked: (why) => send({ type: 'kicked', text: text(why) }),
		reconnecting() {
			awaySince ??= performance.now();
			stage.freeze();
			send({ type: 'reconnecting' });
		},
		reconnected() {
			awaySince = undefined;
			changed();
			send({ type: 'reconnected' });
		},
		chat: (message) => send({
			type: 'chat',
			chat: {
				id: text(message?.id), senderId: text(message?.senderId), senderName: text(message?.senderName),
				senderUserId: text(message?.senderUserId), roles: Array.from(message?.roles ?? [], text).slice(0, 20),
				sentAt: Number(message?.sentAt) || Date.now(), type: text(message?.type ?? 'chat'),
				text: String(message?.text ?? '').slice(0, 10000),
			},
		}),
	};

	const switchPage = (name) => {
		try {
			platform?.layout?.(name);
		} catch (error) {
			console.debug(`beam: the page's layout could not be switched: ${error}`);
		}
	};
	const setFilter = (lists) => {
		filter = newFilter(lists);
		listeners.forEach((fn) => fn());
		refresh();
		exclusion.hideVideos();
	};

	// Does what Beam asks for; returns "ok" or what is wrong, or the statistics.
	const command = (what) => {
		if (what?.do === 'stats') return stats();
		if (what?.do === 'filter') {
			setFilter(what);
			return 'ok';
		}
		if (what?.do !== 'layout') return `what is to be done is not known: ${text(what?.do)}`;
		if (!LAYOUTS.includes(what.layout)) return `layout ${JSON.stringify(text(what.layout))} is not known; there is: ${LAYOUTS.join(', ')}`;
		if (what.layout !== layout) {
			layout = what.layout;
			switchPage(layout);
			staged ||= layout !== 'native';
			render();
			send({ type: 'layout', layout });
		}
		return 'ok';
	};

	return {
		changed,
		render,
		command,
		filter: () => filter,
		// Starts to look, and the platform's script.
		start(script) {
			scripted = Boolean(script);
			// Whoever was on the page before has left with it. Where a platform tells who is
			// there, nobody knows before that.
			if (!facts.named) tell('people', { people: [] });
			every(HUB_TICK, tick);
			listen(window, 'resize', own(changed));
			// A document that comes back as it was has to say again who is there.
			listen(window, 'pageshow', own(({ persisted }) => {
				if (!persisted) return;
				send({ type: 'opened' });
				delete said.people;
				changed();
			}));
			render();
			try {
				platform = script?.(Object.freeze(room)) ?? undefined;
			} catch (error) { // a page of another shape than expected
				console.debug(`beam: the platform's script failed: ${error}`);
			}
		},
		// What readiness depends on, beside what the page itself shows.
		facts() {
			const mine = remote.filter(({ track }) => view.some((p) => p.camera === track || p.microphone === track || p.screen === track));
			const guessing = scripted && !reported && remote.length > 0 && view.length === 0 && !guessed;
			return {
				waiting: waiting || (layout !== 'native' && guessing),
				joinedAt,
				staged: stage.on(),
				known: reported !== undefined || filter.set,
				live: stage.live(),
				people: view.length,
				withheld: exclusion.held(),
				counts: countTracks(stage.on() || reported !== undefined || filter.set ? mine : remote),
			};
		},
	};
}
