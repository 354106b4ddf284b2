// People made out of remote media alone, where nobody tells who is there. Pure but
// for the tracks that it hands through.
//
// What belongs together in RTP is one person: first by the peer connection, as in a
// mesh; in a connection with many people by the media stream (RFC 8830); where
// streams don't tell, by neighbouring lines. Names and roles are not known.

const SCREEN_WORDS = /(^|[^a-z])(screen|display|desktop|presentation|share|slides)/i;
const WIDEST_CAMERA = 1.9; // hardly anybody's is wider than 16:9
const CAMERAS = [16 / 9, 3 / 2, 4 / 3, 5 / 4, 11 / 9, 1]; // their shapes, and the same upright
const FEW_LINES = 3; // of a connection to one person: microphone, camera, screen
const MOST_LINES = 4; // the same, with the sound of the screen

// Whether a video shows a screen for all that is known of it: what its sender says
// of its content, its names, or a shape that no camera has.
function showsScreen({ kind, track, trackId, streamId, content }) {
	if (content?.type === 'screenshare') return true;
	if (track.contentHint === 'detail' || track.contentHint === 'text' || track.getSettings?.().displaySurface) return true;
	if ([streamId, trackId, track.label].some((text) => SCREEN_WORDS.test(text ?? ''))) return true;
	return kind === 'video' && shapeOf(content) > WIDEST_CAMERA;
}

// Whether a video has a shape that cameras have; true where it is not known.
function likeCamera({ content }) {
	const shape = shapeOf(content);
	return shape === 0 || CAMERAS.some((one) => [one, 1 / one].some((is) => Math.abs(shape / is - 1) < 0.03));
}

function shapeOf(content) {
	return content?.width > 0 && content.height > 0 ? content.width / content.height : 0;
}

// guessPeople: lines are those of all connections, in their order, as tap.js gives
// them.
function guessPeople(lines) {
	const connections = [...groupBy(lines, ({ peer }) => peer).values()].map((all) => ({
		all,
		// Enough for one person, and not for a room.
		small: count(all, 'audio') <= 1 && all.length <= FEW_LINES,
		// Also for one who shares a screen with its sound; or for two people.
		fair: count(all, 'audio') <= 2 && all.length <= MOST_LINES,
		// Lines on which nothing was ever sent are held ready for whoever may come; so
		// are those that somebody has left, to be used again.
		used: all.filter(({ receiving, carried, dropped }) => receiving && carried && !dropped),
	}));
	// Where each connection is one of a few lines, each is a person's.
	const mesh = connections.filter(({ all, small }) => small && all[0].connected).length > 1;
	const people = connections.flatMap((one) => peopleOfConnection(one, mesh));
	giveSound(people);
	giveScreens(people);
	const ids = new Set();
	for (const p of people) {
		while (ids.has(p.id)) p.id += '+';
		ids.add(p.id);
		delete p.shared;
	}
	return people;
}

function peopleOfConnection({ all, small, fair, used: there }, mesh) {
	if (there.length === 0) {
		// Somebody who is connected and sends nothing; in a room of many it may be
		// nobody.
		const silent = all.filter(({ receiving, dropped }) => receiving && !dropped);
		const named = silent.filter(({ first }) => first !== '');
		if (!small || !all[0].connected || (!mesh && named.length === 0)) return [];
		return [person(idOf(all), mesh ? silent : named)];
	}
	const isScreen = new Set(there.filter(showsScreen));
	const faces = there.filter((one) => !isScreen.has(one));
	const screens = there.filter((one) => isScreen.has(one));
	const prefixed = there.some(({ streamId }) => streamId.includes('|'));
	const cameras = count(faces, 'video');
	if (prefixed) return [...groupBy(there, keyOf).values()].map((mine) => person(keyOf(mine[0]), mine, isScreen));
	const whole = fair && mesh;
	if (whole || (count(faces, 'audio') <= 1 && cameras <= 1)) {
		// The last one of a room of many is not whoever came first.
		if (faces.length > 0) return [person(small || whole ? idOf(all) : keyOf(faces[0]), there, isScreen)];
		return screens.map((one) => screenOnly(one));
	}
	const shared = screens.map((one) => screenOnly(one));
	const streams = [...groupBy(faces, keyOf).values()];
	const both = streams.some((mine) => count(mine, 'audio') > 0 && count(mine, 'video') > 0);
	const one = streams.length === 1;
	const kinds = count(faces, 'audio') > 0 && cameras > 0;
	if (!one && (both || !kinds)) return [...streams.map((mine) => person(keyOf(mine[0]), mine, isScreen)), ...shared];
	// All in one stream, or each track in one of its own.
	return [...neighbours(all, new Set(faces)).map((mine) => person(one ? `${keyOf(mine[0])} ${mine[0].line}` : keyOf(mine[0]), mine, isScreen)), ...shared];
}

// Puts neighbouring lines together, sound and picture; one that is not among wanted,
// such as of a camera that is off, keeps its place.
function neighbours(all, wanted) {
	const found = [];
	let mine = [];
	let kinds = new Set();
	for (const one of all) {
		if (one.carried && showsScreen(one)) continue;
		if (kinds.has(one.kind) || kinds.size === 2) {
			found.push(mine);
			[mine, kinds] = [[], new Set()];
		}
		kinds.add(one.kind);
		if (wanted.has(one)) mine.push(one);
	}
	return [...found, mine].filter((some) => some.length > 0);
}

// One connection with the mixed sound of all belongs to nobody; where there is one
// picture only, it is that person's.
function giveSound(people) {
	const faces = people.filter((p) => !p.faceless);
	const heard = faces.filter((p) => p.media.some(({ kind }) => kind === 'microphone'));
	const [sound] = heard;
	if (heard.length !== 1 || faces.length < 2 || sound.media.length > 1) return;
	const others = faces.filter((p) => p !== sound);
	if (others.some((p) => p.media.length === 0 || p.peer === sound.peer)) return;
	people.splice(people.indexOf(sound), 1);
	if (others.length === 1) others[0].media.push(...sound.media);
}

// "ana-screen" is most likely a screen of "ana"; the screen of a connection with one
// person is that person's.
function giveScreens(people) {
	const faces = people.filter((p) => !p.faceless);
	for (const screen of people.filter((p) => p.shared)) {
		const name = screen.id.replace(/[-_:. ]*(screen|display|desktop|presentation|share|slides).*$/i, '');
		const owner = faces.find(({ id }) => id === name || id === screen.id);
		if (!owner) continue;
		owner.media.push(...screen.media);
		people.splice(people.indexOf(screen), 1);
	}
}

function person(id, lines, isScreen = new Set()) {
	const media = [];
	// Of two videos that nothing tells apart the one that came first is the face: a screen
	// may be on a line before it, which somebody else has left.
	const byAge = [...lines].sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
	for (const one of byAge) {
		const second = media.some(({ kind }) => kind === (one.kind === 'video' ? 'camera' : 'microphone'));
		const screen = isScreen.has(one) || second;
		const kind = one.kind === 'audio' ? (screen ? 'screen-audio' : 'microphone') : screen ? 'screen' : 'camera';
		media.push({ kind, muted: one.muted || !one.carried, track: one.track });
	}
	// Of two pictures of one person, that with the shape of a camera is the face.
	const videos = byAge.filter(({ kind }) => kind === 'video');
	if (videos.length === 2 && !videos.some((one) => isScreen.has(one)) && !likeCamera(videos[0]) && likeCamera(videos[1])) {
		for (const medium of media) if (medium.track.kind === 'video') medium.kind = medium.kind === 'camera' ? 'screen' : 'camera';
	}
	return {
		id, name: undefined, role: undefined, self: false, avatar: '', speaking: undefined, media, muteKnown: false,
		faceless: false, shared: false, peer: lines[0]?.peer,
	};
}

function screenOnly(line) {
	return { ...person(keyOf(line), [line], new Set([line])), faceless: true, shared: true };
}

// Whose a line is by its stream; LiveKit's ids are PARTICIPANT|TRACK.
function keyOf({ streamId, trackId }) {
	const [whole, owner] = /^([^|]+)\|/.exec(streamId) ?? [];
	return whole ? owner : streamId || trackId;
}

// The name of the one person of a connection: it stays while cameras come and go.
// What some servers call every stream is no name.
function idOf(all) {
	const named = all.find(({ first }) => !/^(janus|mixed|default|[-0]?)$/i.test(first));
	return named ? named.first : `peer ${all[0].peerId}`;
}

function count(lines, kind) {
	return lines.filter((one) => one.kind === kind).length;
}

function groupBy(list, keyOfOne) {
	const groups = new Map();
	for (const one of list) {
		const key = keyOfOne(one);
		if (groups.has(key)) groups.get(key).push(one);
		else groups.set(key, [one]);
	}
	return groups;
}
