// LiveKit, on the page of layout/livekit: the page hands its means to this script,
// which opens the room with the token and tells what LiveKit's client says of it.
function livekit(room) {
	const { setTimeout, performance, console } = window; // the browser's own, still
	const RETRIES = 3; // to get in, where the server does not answer
	const RETRY_AFTER = 2000; // ms
	const AWAY_LONGEST = 60000; // ms, beyond what LiveKit's client tries itself
	const LAYOUTS = { grid: 'grid', speaker: 'speaker', 'single-speaker': 'spotlight', spotlight: 'spotlight', native: 'native' };
	const door = kit.door(room);
	const { url, token } = room.facts.extra ?? {};
	let session; // { room, view } of the page
	let page;
	let closed = false;
	let soon = () => {};

	const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
	const json = (text) => {
		try {
			return JSON.parse(text);
		} catch {
			return undefined;
		}
	};

	// The attribute counts more than the metadata: only the server can set neither.
	const roleOf = (participant) => kit.text(participant.attributes?.role || json(participant.metadata)?.role);
	const medium = (publication) => {
		const { Track } = page;
		const track = publication.track?.mediaStreamTrack;
		if (!track) return [];
		const kinds = {
			[Track.Source.Camera]: 'camera', [Track.Source.Microphone]: 'microphone',
			[Track.Source.ScreenShare]: 'screen', [Track.Source.ScreenShareAudio]: 'screen-audio',
		};
		// Publishers that are no browsers often leave the source out.
		const kind = kinds[publication.source] ?? (publication.kind === Track.Kind.Audio ? 'microphone' : 'camera');
		return [{ kind, muted: Boolean(publication.isMuted), track }];
	};
	const person = (participant) => ({
		id: participant.identity,
		name: kit.text(participant.name),
		role: roleOf(participant),
		// Other recorders are told of where they are not hidden.
		self: participant.isLocal || Boolean(participant.permissions?.hidden || participant.permissions?.recorder)
			|| participant.kind === page.ParticipantKind.EGRESS,
		joinedAt: participant.joinedAt?.getTime(),
		speaking: Boolean(participant.isSpeaking),
		media: [...participant.trackPublications.values()].flatMap(medium),
	});
	// With a filter, which may come while recording, only those who pass are subscribed
	// to: what the server never sends can't be seen or heard.
	let chosen = false; // by person, not by the server
	const passes = (participant) => {
		const who = person(participant);
		return !who.self && room.passes(who);
	};
	const subscribe = () => {
		const filtering = Boolean(room.filtering?.());
		chosen ||= filtering;
		if (!chosen) return;
		for (const participant of session.room.remoteParticipants.values()) {
			const wanted = filtering ? passes(participant) : !person(participant).self;
			for (const publication of participant.trackPublications.values()) {
				if (publication.isDesired !== wanted) publication.setSubscribed(wanted);
			}
		}
	};
	const tell = () => {
		if (!session || !door.here()) return;
		subscribe();
		door.people([...session.room.remoteParticipants.values()].map(person));
	};

	// The layout can be changed by the recorder's metadata, as with LiveKit Egress.
	let asked;
	const layoutAsked = () => {
		const name = json(session.room.localParticipant.metadata)?.layout;
		if (typeof name !== 'string' || name === asked) return;
		asked = name;
		const layout = LAYOUTS[name.replace(/-(light|dark)$/, '')];
		const said = layout ? room.layout(layout) : `layout ${JSON.stringify(name.slice(0, 50))} is not known`;
		if (said !== undefined && said !== 'ok') console.warn(`beam: ${said}`);
	};

	// Chat comes as text streams, as packets of its own kind, or as data with a
	// topic; one message may come in two of these ways.
	const chatted = new Set();
	const chat = ({ id, from, sentAt, text }) => {
		if (!door.inside() || chatted.has(id) || !text) return;
		chatted.add(id);
		const role = from ? roleOf(from) : '';
		room.chat({
			id, senderId: from?.identity ?? '', senderName: kit.text(from?.name), senderUserId: from?.identity ?? '',
			roles: role ? [role] : [], sentAt: Number(sentAt) || Date.now(), type: 'chat', text: kit.text(text, 5000),
		});
	};
	const chatOf = (client, RoomEvent) => {
		client.registerTextStreamHandler('lk.chat', (reader, sender) => {
			reader.readAll().then((text) => chat({
				id: reader.info.id, sentAt: reader.info.timestamp, text, from: client.getParticipantByIdentity(sender.identity),
			})).catch(() => {}); // the sender left in the middle of it
		});
		client.on(RoomEvent.ChatMessage, (message, from) => {
			chat({ id: message.id, sentAt: message.timestamp, text: message.message, from });
		});
		client.on(RoomEvent.DataReceived, (payload, from, kind, topic) => {
			if (topic !== 'lk-chat-topic') return;
			const message = json(new TextDecoder().decode(payload));
			// Who sends it as a text stream too says so.
			if (typeof message?.message === 'string' && message.ignoreLegacy !== true) {
				chat({ id: String(message.id ?? message.timestamp), sentAt: message.timestamp, text: message.message, from });
			}
		});
	};

	// What the end of a connection means; undefined where it was just lost.
	const meaning = (reason) => {
		const { DisconnectReason: R } = page;
		switch (reason) {
			case R.ROOM_DELETED: return () => door.ended('the room was closed');
			case R.ROOM_CLOSED: return () => door.ended('the room was closed, because everybody had left');
			case R.SERVER_SHUTDOWN: return () => door.ended('the LiveKit server shut down');
			case R.PARTICIPANT_REMOVED: return () => door.kicked('the recorder was removed from the room');
			case R.DUPLICATE_IDENTITY: return () => door.kicked("somebody else joined with the recorder's identity; each recorder needs a token of its own");
			case R.JOIN_FAILURE: return () => door.refused('the LiveKit server could not let the recorder in');
			case R.CLIENT_INITIATED: return () => {};
			default: return undefined;
		}
	};
	const host = (() => {
		try {
			return new URL(url).host;
		} catch {
			return 'the LiveKit server';
		}
	})();
	// Connects; returns undefined, or what is wrong and whether that is for good.
	const connect = async () => {
		const { ConnectionErrorReason: R } = page;
		try {
			chosen ||= Boolean(room.filtering?.());
			await session.room.connect(url, token, { autoSubscribe: !room.filtering?.() });
			return undefined;
		} catch (error) {
			const words = kit.text(error?.message).replaceAll(token, '...');
			if (error?.reason === R.NotAllowed) return { final: true, text: `${host} refused the recorder: ${words}` };
			if (error?.reason === R.LeaveRequest) return { final: meaning(error.context) !== undefined, text: `${host} sent the recorder away: ${words}` };
			return { final: false, text: `${host} can't be reached: ${words}` };
		}
	};
	const enter = async () => {
		for (let attempt = 1; !closed; attempt++) {
			const fault = await connect();
			if (!fault) return arrived();
			if (fault.final || attempt === RETRIES) return door.refused(fault.text);
			await pause(RETRY_AFTER);
		}
		return undefined;
	};
	const arrived = () => {
		door.joined();
		tell();
		layoutAsked();
	};
	// LiveKit's client has given up after trying again itself.
	let returning = false;
	const comeBack = async () => {
		if (returning) return;
		returning = true;
		door.away();
		const until = performance.now() + AWAY_LONGEST;
		while (!closed && !door.over()) {
			const fault = await connect();
			if (!fault) arrived();
			else if (fault.final || performance.now() > until) door.ended(`the connection to the room was lost: ${fault.text}`);
			else {
				await pause(RETRY_AFTER);
				continue;
			}
			break;
		}
		returning = false;
	};

	const take = kit.safely((means) => {
		delete window.__beamLiveKit;
		page = means;
		session = page.open({ withheld: (track) => Boolean(room.withheld?.(track)) });
		session.view.show(room.facts.layout === 'native');
		const client = session.room;
		const { RoomEvent: E } = page;
		for (const event of [
			E.ParticipantConnected, E.ParticipantDisconnected, E.TrackPublished, E.TrackSubscribed, E.TrackUnsubscribed,
			E.TrackMuted, E.TrackUnmuted, E.ActiveSpeakersChanged, E.ParticipantMetadataChanged, E.ParticipantNameChanged, E.ParticipantAttributesChanged,
			E.ParticipantPermissionsChanged,
		]) client.on(event, () => soon());
		client.on(E.ParticipantMetadataChanged, kit.safely((before, participant) => {
			if (participant.isLocal) layoutAsked();
		}));
		for (const event of [E.Reconnecting, E.SignalReconnecting]) client.on(event, () => door.away());
		client.on(E.Reconnected, arrived);
		client.on(E.Disconnected, (reason) => {
			// While connect is trying, its own error tells.
			if (closed || !door.inside()) return;
			const over = meaning(reason);
			if (over) over();
			else comeBack();
		});
		chatOf(client, E);
		enter();
	});
	Object.defineProperty(window, '__beamLiveKit', { value: take, configurable: true });

	// Each event tells at once; the clock is for what has none.
	const watch = kit.watch(room, 500, tell);
	soon = watch.soon;
	return {
		layout(name) {
			session?.view.show(name === 'native');
			return session !== undefined;
		},
		close() {
			closed = true;
			watch.close();
			session?.view.show(false);
			session?.room.disconnect();
		},
	};
}
