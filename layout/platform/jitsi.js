// Jitsi Meet: APP.conference._room is the conference of lib-jitsi-meet, and
// APP.store the state of the page.
function jitsi(room) {
	const door = kit.door(room);
	const asked = kit.lasting(1500);
	const gone = kit.lasting(3000);
	const { login } = room.facts?.extra ?? {};
	const wide = 1080; // lines, of the picture that is asked for
	let conference; // the one that is listened to
	let listeners = [];
	let tiled = false;
	let interrupted = false; // the connection, and not restored yet

	const REFUSED = {
		'conference.passwordRequired': 'the room needs a password',
		'conference.connectionError.accessDenied': 'the moderators did not let the recorder in',
		'conference.connectionError.notAllowed': 'the room does not let the recorder in',
		'conference.max_users': 'the room is full',
		'conference.reservationError': 'the room is not reserved for this time',
		'conference.incompatible_server_versions': 'the server and its page do not fit each other',
		'connection.passwordRequired': 'the server did not take the token',
		'connection.notLiveError': 'the meeting is not open to visitors now',
	};
	const WAITING = {
		'conference.connectionError.membersOnly': 'in the lobby; a moderator has to let the recorder in',
		'conference.authenticationRequired': 'the meeting waits for its host',
	};
	const GONE = ['conference.destroyed', 'conference.gracefulShutdown'];
	const away = () => {
		interrupted = true;
		door.away();
	};
	const back = () => {
		interrupted = false;
		watching.soon();
	};
	const failed = (name, detail) => {
		if (GONE.includes(name)) return door.ended(kit.text(detail) || 'the meeting was ended');
		if (name === 'conference.chatError' || name === 'conference.settingsError') return undefined;
		if (door.inside()) return away(); // the page tries again by itself
		if (REFUSED[name]) return door.refused(REFUSED[name]);
		if (WAITING[name]) return door.waiting(WAITING[name]);
		return undefined; // here too
	};

	const said = (id, message, timestamp, displayName, isVisitor, messageId) => {
		const sender = conference?.getParticipantById?.(id);
		const sentAt = timestamp ? Number(new Date(timestamp)) : NaN;
		room.chat({
			id: kit.text(messageId) || `${id}-${sentAt || Date.now()}-${kit.text(message, 40)}`,
			senderId: kit.text(id),
			senderName: kit.text(displayName || sender?.getDisplayName?.()),
			senderUserId: kit.text(sender?.getIdentity?.()?.user?.id),
			roles: [],
			sentAt: sentAt || Date.now(),
			type: 'chat',
			text: kit.text(message, 5000),
		});
	};
	// Asks for the best layer of everybody, whatever the page's own tiles need:
	// the page sends its wishes again with each change of its layout.
	const demand = () => {
		const original = conference.setReceiverConstraints;
		if (typeof original !== 'function') return;
		const own = room.facts?.layout === 'native';
		const ours = own ? { lastN: -1 } : { lastN: -1, constraints: {}, defaultConstraints: { maxHeight: wide } };
		conference.setReceiverConstraints = function (wish) {
			return original.call(this, { ...wish, ...ours });
		};
		if (!own) conference.setReceiverConstraints({});
	};
	const listen = (found) => {
		for (const [name, fn] of listeners) conference?.off?.(name, fn);
		conference = found;
		interrupted = false;
		const soon = () => watching.soon();
		listeners = Object.entries({
			'conference.kicked': (by, reason) => door.kicked(kit.text(reason)),
			'conference.failed': failed,
			'conference.connectionInterrupted': away,
			'conference.connectionRestored': back,
			'conference.messageReceived': said,
			'conference.joined': back,
			'conference.userJoined': soon,
			'conference.userLeft': soon,
			'conference.roleChanged': soon,
			'conference.displayNameChanged': soon,
			'conference.trackAdded': soon,
			'conference.trackRemoved': soon,
			'conference.trackMuteChanged': soon,
		}).map(([name, fn]) => [name, kit.safely(fn)]);
		for (const [name, fn] of listeners) conference.on(name, fn);
		kit.safely(demand)();
	};

	// Logs in as a recorder does, so that nobody sees or hears of it: to a domain that
	// the server hides (Jibri's way). The page reads it when it connects.
	const LOGIN = { xmpp_username_override: login?.user, xmpp_password_override: login?.password };
	const leaveLogin = () => {
		if (login?.user) for (const name of Object.keys(LOGIN)) window.localStorage.removeItem(name);
	};
	kit.safely(() => {
		if (login?.user && window.top === window) for (const [name, value] of Object.entries(LOGIN)) window.localStorage.setItem(name, value ?? '');
	})();

	const medium = (track) => {
		const video = track.getType() === 'video';
		const desktop = video && (track.getVideoType?.() ?? track.videoType) === 'desktop';
		const media = track.getTrack?.() ?? track.getOriginalStream?.()?.getTracks().find((t) => t.kind === track.getType());
		return {
			kind: video ? (desktop ? 'screen' : 'camera') : 'microphone',
			muted: Boolean(track.isMuted()),
			track: kit.isTrack(media) ? media : undefined,
			streamId: track.getOriginalStream?.()?.id,
		};
	};
	// By the person that a track says it is of: with SSRC rewriting a track is given to
	// others, and stays in the list of whom it was of first.
	const mediaByOwner = (people) => {
		const owners = new Map();
		const tracks = new Set([...people.flatMap((p) => p.getTracks()), ...(conference.rtc?.getRemoteTracks?.() ?? [])]);
		for (const track of tracks) {
			const owner = track.getParticipantId?.() ?? people.find((p) => p.getTracks().includes(track))?.getId();
			if (!owners.has(owner)) owners.set(owner, []);
			owners.get(owner).push(medium(track));
		}
		return owners;
	};
	const person = (p, faces, owners) => ({
		id: p.getId(),
		name: kit.text(p.getDisplayName() || p.getIdentity?.()?.user?.name),
		role: p.getRole() === 'moderator' ? 'moderator' : 'participant',
		// Those who are hidden (other recorders), or want to be hidden from one.
		self: Boolean(p.isHidden() || p.isHiddenFromRecorder?.()),
		avatar: faces?.get?.(p.getId())?.loadableAvatarUrl,
		media: owners.get(p.getId()) ?? [],
	});

	// The page should have joined by itself. Where it asks for a name, or to
	// knock at a lobby, the bot does what a person would.
	const knock = () => {
		const button = kit.shown('[data-testid="prejoin.joinMeeting"]') ?? kit.shown('[data-testid="lobby.knockButton"]');
		if (!asked(Boolean(button) && !door.inside())) return;
		asked(false);
		kit.fill(kit.shown('#premeeting-name-input') ?? kit.shown('[data-testid="lobby.nameField"]'), room.facts?.name || 'Beam');
		kit.press(button);
	};
	const tile = (enabled) => {
		if (!window.APP?.store) return false;
		window.APP.store.dispatch({ type: 'SET_TILE_VIEW', enabled });
		return true;
	};

	const look = () => {
		// Where the page goes when the meeting is over for it.
		if (/\/(static\/)?close\d*\.html$/.test(location.pathname)) return door.ended('the room was closed');
		knock();
		const app = window.APP;
		const state = app?.store?.getState?.();
		const found = app?.conference?._room;
		if (found && found !== conference) listen(found);
		const joined = Boolean(conference?.isJoined());
		if (!joined && !door.inside()) {
			const error = state?.['features/base/conference']?.error ?? state?.['features/base/connection']?.error;
			if (error?.name) failed(error.name, error.params?.[0]);
		}
		if (joined && !interrupted) {
			door.joined();
			leaveLogin();
			// A recorder's page shows one person large; people expect all.
			tiled ||= tile(room.facts?.layout !== 'speaker' && room.facts?.layout !== 'spotlight');
			const faces = state?.['features/base/participants']?.remote;
			const people = conference.getParticipants();
			const owners = mediaByOwner(people);
			door.people(people.map((p) => person(p, faces, owners)));
		}
		// A page that lost its server has left the conference too, and reloads itself
		// after half a minute at the latest.
		const lost = !joined && Boolean(state?.['features/base/connection']?.error ?? state?.['features/base/conference']?.error);
		if (lost) door.away();
		// Left, and no other room (a breakout room, a reload) entered since.
		if (gone(door.here() && Boolean(conference) && !joined && !lost)) door.ended('the recorder is no longer in the room');
		return undefined;
	};
	const watching = kit.watch(room, 250, look);
	return {
		// The page's own layout.
		layout: (name) => (name === 'grid' || name === 'speaker') && tile(name === 'grid'),
		close() {
			watching.close();
			for (const [name, fn] of listeners) conference?.off?.(name, fn);
		},
	};
}
